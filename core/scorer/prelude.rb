# prelude.rb - the language in which scoring standards are written (评审条件与量化赋分标准).
#
# A standard's script is a table that can be read aloud:
#
#     standard "teacher", "intermediate" do
#       name           "一级教师定向评价量化赋分标准"
#       reference_line 60
#       condition "tenure", "任现职年限", of: years(:tenure_months), at_least: 4, basis: "……"
#       section "A", "政治表现", cap: 15 do
#         tier "A1", "政治表现鉴定", cap: 6, of: :political_grade, table: {"优秀" => 6, "良好" => 5}, by: "unit"
#       end
#     end
#
# Words every author needs:
#   fact      a named value that the series' plugin derived from the dossier; `of: :name` reads one.
#   points    分. Written as people write them (6, 1.5, at most two decimals), kept as whole hundredths;
#             every division rounds half up, once, at the end of its item.
#   cap       封顶: of the item, of its section, of the whole (100).
#   by        who establishes the item: "system" (default), "unit", "district", "expert".
#   evidence  佐证材料 in words, note: further words for the public table.
# A fact that an official has still to give makes the item `pending` with 0 points; one that the
# applicant left out gives 0 points and "未填报".
#
# Scripts are pure: no clock, no random numbers, no memory from one dossier to the next.
# The worker calls Titled.take, Titled.score and Titled.table; shapes are in core/scoring/protocol.h.

module Titled
  # A mistake in a script. The message names the rule; it is read by the person who writes the script.
  class ScriptError < StandardError; end

  # Raised inside a rule when a fact has no value; the rule turns it into 0 points.
  class Missing < StandardError
    attr_reader :fact

    def initialize(fact)
      super("no value: #{fact}")
      @fact = fact
    end
  end

  # Notes which rule is at work, for the error of a script that fails or does not come back. The worker
  # brings its own; elsewhere there is nobody to tell.
  unless respond_to?(:mark)
    def self.mark(_rule) end
  end

  # --- numbers ----------------------------------------------------------------------------------

  # Hundredths of a number as people write it: 1.2 -> 120. More than two decimals is a mistake.
  def self.hundredths(number, place)
    unless number.is_a?(Integer) || number.is_a?(Float)
      raise ScriptError, "#{place}：应为数字，写的是 #{number.inspect}"
    end
    exact = number * 100
    whole = exact.round
    raise ScriptError, "#{place}：#{number} 多于两位小数" if (exact - whole).abs > 0.000001
    whole
  end

  # numerator / denominator, half up, for numbers that are not negative.
  def self.divide(numerator, denominator)
    (2 * numerator + denominator).div(2 * denominator)
  end

  # 950 -> "9.50"
  def self.points_text(hundredths)
    sign = hundredths < 0 ? "-" : ""
    sprintf("%s%d.%02d", sign, hundredths.abs.div(100), hundredths.abs % 100)
  end

  # 950 -> "9.5", 1500 -> "15"
  def self.number_text(hundredths)
    text = points_text(hundredths)
    text = text[0, text.length - 1] while text[-1] == "0"
    text[-1] == "." ? text[0, text.length - 1] : text
  end

  # --- facts of one dossier ---------------------------------------------------------------------

  # What a block of `condition`, `veto` or `adjust` gets: facts["name"] is the value or nil.
  class Facts
    def initialize(facts)
      @facts = facts || {}
    end

    def [](name)
      fact = @facts[name.to_s]
      fact.is_a?(Hash) ? fact["value"] : nil
    end

    def list(name)
      self[name] || []
    end

    # The value, or Missing: the rule then gives 0 points and says who has still to fill it in.
    def need(name)
      value = self[name]
      raise Missing.new(name.to_s) if value.nil?
      value
    end

    def because(name)
      fact = @facts[name.to_s]
      fact.is_a?(Hash) ? fact["because"] : nil
    end

    def by(name)
      fact = @facts[name.to_s]
      fact.is_a?(Hash) ? fact["by"] : nil
    end
  end

  # --- quantities: what `of:` may be ------------------------------------------------------------

  # A fact that is a number as it stands.
  class Count
    attr_reader :fact

    def initialize(fact)
      @fact = fact.to_s
    end

    def hundredths(facts)
      value = facts.need(@fact)
      raise ScriptError, "事实 #{@fact} 不是数字" unless value.is_a?(Integer) || value.is_a?(Float)
      (value * 100).round
    end

    def unit
      ""
    end

    # "12", for a sentence
    def text(facts)
      Titled.number_text(hundredths(facts))
    end

    # "每…" and how parts of a year count, for the public table
    def each
      "项"
    end

    def rule
      ""
    end
  end

  # A fact in months, counted in years. Rounding: :full_year drops what is short of a year,
  # :half_year_up counts six months and more as a year, :nine_months nine and more, :exact keeps months
  # as hundredths of a year.
  class Years < Count
    ROUNDING = {
      full_year: [0, "按满年计"], half_year_up: [6, "满 6 个月按 1 年计"],
      nine_months: [3, "满 9 个月按 1 年计"], exact: [nil, "按月折算"]
    }

    def initialize(fact, rounding)
      super(fact)
      @rounding = ROUNDING[rounding]
      raise ScriptError, "years(:#{fact})：没有取整方式 #{rounding.inspect}" unless @rounding
    end

    def months(facts)
      value = facts.need(@fact)
      raise ScriptError, "事实 #{@fact} 不是月数" unless value.is_a?(Integer)
      value
    end

    def hundredths(facts)
      add = @rounding[0]
      return Titled.divide(months(facts) * 100, 12) unless add
      (months(facts) + add).div(12) * 100
    end

    def unit
      " 年"
    end

    # "10 年", or "9 年 7 个月计 10 年" where rounding changed it
    def text(facts)
      years, rest = months(facts).div(12), months(facts) % 12
      counted = "#{Titled.number_text(hundredths(facts))} 年"
      return counted if rest == 0
      "#{years > 0 ? "#{years} 年 " : ""}#{rest} 个月计 #{counted}"
    end

    def each
      "年"
    end

    def rule
      "，#{@rounding[1]}"
    end
  end

  # A number that depends on another fact: lookup(:education, "本科" => 4, "中专" => 5).
  class Lookup
    attr_reader :fact, :table

    def initialize(fact, table)
      @fact = fact.to_s
      @table = {}
      table.each { |key, number| @table[key.to_s] = Titled.hundredths(number, "lookup(:#{fact}) 的 #{key}") }
    end

    # Hundredths, or nil when the table has no row for the dossier.
    def hundredths(facts)
      @table[facts.need(@fact).to_s]
    end

    def why(facts)
      "（#{facts[@fact]}）"
    end

    def rule
      @table.map { |key, number| "#{key} #{Titled.number_text(number)}" }.join("、")
    end
  end

  # A number that is the same for everybody, in the shape of a Lookup.
  class Fixed
    def initialize(number, place)
      @hundredths = Titled.hundredths(number, place)
    end

    def hundredths(_facts)
      @hundredths
    end

    def why(_facts)
      ""
    end

    def rule
      Titled.number_text(@hundredths)
    end
  end

  # --- rules ------------------------------------------------------------------------------------

  # What a rule found: points before the cap, the sentence, and whether somebody has still to act.
  class Outcome
    attr_reader :points, :sentence, :pending

    def initialize(points, sentence, pending = false)
      @points = points
      @sentence = sentence
      @pending = pending
    end
  end

  WAITS_FOR = {
    "unit" => "待单位填写", "district" => "待区县主管部门填写", "district_industry" => "待区县主管部门填写",
    "expert" => "待专家评分"
  }

  # Everything that has a name, reads facts and says why. Subclasses take their options in `build`,
  # answer an Outcome in `measure` and describe themselves in `rule`.
  class Rule
    COMMON = [:cap, :by, :evidence, :note]
    attr_reader :id, :name, :cap, :facts

    def initialize(standard, id, name, options)
      @standard, @id, @name, @options = standard, id, name, options
      @facts = []
      @by = (options[:by] || "system").to_s
      allowed = COMMON + self.class::OPTIONS
      options.each_key { |key| fail_with("没有参数 #{key}:，可用的有 #{allowed.join("、")}") unless allowed.include?(key) }
      @cap = options.key?(:cap) ? points(options[:cap], "封顶 cap") : nil
      fail_with("封顶不能为负") if @cap && @cap < 0
      build(options)
    end

    def kind
      self.class::KIND
    end

    # The Outcome with the cap applied; a missing value is an answer too, not an error.
    def evaluate(facts, expert)
      Titled.mark("#{@id} #{@name}")
      capped(measure(facts, expert))
    rescue Missing => missing
      who = WAITS_FOR[facts.by(missing.fact)] || WAITS_FOR[@by]
      Outcome.new(0, who || "未填报", who ? true : false)
    end

    # The row of the public table.
    def row
      {"part" => "item", "id" => @id, "name" => @name, "kind" => kind, "cap" => @cap, "scorer" => @by,
       "rule" => [rule, @options[:note]].compact.join("；"), "evidence" => [@options[:evidence] || []].flatten,
       "facts" => @facts}
    end

    def scorer
      @by
    end

    private

    # Sums say their cap always, other rules only where it cut something off.
    def capped(outcome)
      return outcome if @cap.nil?
      over = outcome.points > @cap
      sentence = outcome.sentence
      sentence = "#{sentence}，封顶 #{Titled.number_text(@cap)}" if over || adds_up?(outcome)
      Outcome.new(over ? @cap : outcome.points, sentence, outcome.pending)
    end

    def adds_up?(_outcome)
      false
    end

    def fail_with(message)
      raise ScriptError, "#{[@id, @name].compact.join(" ")}：#{message}"
    end

    def points(number, what)
      Titled.hundredths(number, "#{[@id, @name].compact.join(" ")} 的#{what}")
    end

    # Notes that the rule reads a fact; a name that the series does not have is a mistake.
    def reads(fact)
      fail_with("缺少 of:（读取哪个事实）") if fact.nil?
      fail_with("没有事实 #{fact}") unless @standard.knows?(fact.to_s)
      @facts << fact.to_s unless @facts.include?(fact.to_s)
      fact.to_s
    end

    def quantity(of)
      of = Count.new(of) if of.is_a?(String) || of.is_a?(Symbol)
      fail_with("of: 应为事实名或 years(...)") unless of.is_a?(Count)
      reads(of.fact)
      of
    end

    def limit(number, what)
      return Fixed.new(number, "#{@id} 的 #{what}") unless number.is_a?(Lookup)
      reads(number.fact)
      number
    end

    # {"优秀" => 6} as hundredths, the words as text.
    def point_table(table)
      fail_with("table: 应为 {\"档次\" => 分值}") unless table.is_a?(Hash) && !table.empty?
      hundredths = {}
      table.each { |word, number| hundredths[word.to_s] = points(number, "「#{word}」") }
      hundredths
    end

    def table_text(table, unit = "")
      table.map { |word, number| "#{word} #{Titled.number_text(number)}#{unit}" }.join("、")
    end

    def need_cap
      fail_with("缺少 cap:（按封顶折算）") if @cap.nil?
    end
  end

  # 档次赋分
  class Tier < Rule
    KIND = "tier"
    OPTIONS = [:of, :table, :proportional]

    def build(options)
      @of = reads(options[:of])
      @table = point_table(options[:table])
      @proportional = {}
      (options[:proportional] || {}).each do |word, (full, percent)|
        @proportional[word.to_s] = [points(full, "「#{word}」"), reads(percent)]
      end
    end

    def measure(facts, _expert)
      grade = facts.need(@of).to_s
      return part_of(grade, facts) if @proportional.key?(grade)
      return Outcome.new(0, "「#{grade}」不在赋分表内，计 0 分") unless @table.key?(grade)
      Outcome.new(@table[grade], "#{grade} = #{Titled.points_text(@table[grade])}")
    end

    def rule
      rows = @proportional.map { |word, pair| "#{word}按 #{Titled.number_text(pair[0])} 分 × 完成比例" }
      ([table_text(@table)] + rows).join("、")
    end

    private

    def part_of(grade, facts)
      full, fact = @proportional[grade]
      percent = Count.new(fact).hundredths(facts)
      percent = 10000 if percent > 10000
      value = Titled.divide(full * percent, 10000)
      Outcome.new(value, "#{grade}：#{Titled.number_text(percent)}% × #{Titled.points_text(full)} = #{Titled.points_text(value)}")
    end
  end

  # 按封顶的百分比分档：本科 90% × 封顶
  class TierRatio < Rule
    KIND = "tier_ratio"
    OPTIONS = [:of, :table]

    def build(options)
      need_cap
      @of = reads(options[:of])
      @table = point_table(options[:table])
    end

    def measure(facts, _expert)
      grade = facts.need(@of).to_s
      return Outcome.new(0, "「#{grade}」不在赋分表内，计 0 分") unless @table.key?(grade)
      value = Titled.divide(@cap * @table[grade], 10000)
      Outcome.new(value, "#{grade} #{Titled.number_text(@table[grade])}% × #{Titled.points_text(@cap)} = #{Titled.points_text(value)}")
    end

    def rule
      "满分的：#{table_text(@table, "%")}"
    end
  end

  # 近 N 年逐年计分；实有年数不足 N 的，按 计分合计 ÷ 实有年数 × N 折算
  class TierSumAverage < Rule
    KIND = "tier_sum_avg"
    OPTIONS = [:of, :table, :window, :up_to, :skip]

    def build(options)
      @of = reads(options[:of])
      @up_to = reads(options[:up_to])
      @table = point_table(options[:table])
      @window = options[:window]
      fail_with("window: 应为年数") unless @window.is_a?(Integer) && @window > 0
      @skip = [options[:skip] || []].flatten
    end

    def measure(facts, _expert)
      last = facts.need(@up_to)
      years = facts.need(@of).select { |entry| entry["year"] > last - @window && entry["year"] <= last }
      grades = years.map { |entry| entry["grade"] }.reject { |grade| @skip.include?(grade) }
      return Outcome.new(0, "近 #{@window} 年无考核记录，计 0 分") if grades.empty?
      sum = grades.inject(0) { |all, grade| all + (@table[grade] || 0) }
      sentence = "近 #{@window} 年实有 #{grades.length} 年：#{counted(grades)} = #{Titled.points_text(sum)}"
      return Outcome.new(sum, sentence) if grades.length >= @window
      scaled = Titled.divide(sum * @window, grades.length)
      Outcome.new(scaled, "#{sentence}，÷ #{grades.length} × #{@window} = #{Titled.points_text(scaled)}")
    end

    def rule
      skipped = @skip.empty? ? "" : "，#{@skip.join("、")}的年度不计入实有年数"
      "近 #{@window} 年，每次：#{table_text(@table)}；不足 #{@window} 年按实有年数折算#{skipped}"
    end

    private

    def adds_up?(outcome)
      outcome.points > 0
    end

    def counted(grades)
      grades.uniq.map do |grade|
        "#{grade} #{grades.count(grade)} 次 × #{Titled.points_text(@table[grade] || 0)}"
      end.join(" + ")
    end
  end

  # 线性：（数量 − 起点）× 每单位分值
  class Linear < Rule
    KIND = "linear"
    OPTIONS = [:of, :per, :above]

    def build(options)
      @of = quantity(options[:of])
      @per = points(options[:per], "每单位分值 per")
      @above = options.key?(:above) ? limit(options[:above], "起点 above") : nil
    end

    def measure(facts, _expert)
      amount = @of.hundredths(facts)
      words = @of.text(facts)
      if @above
        base = @above.hundredths(facts)
        return Outcome.new(0, "起点#{@above.why(facts)}未作规定，计 0 分") if base.nil?
        amount = amount > base ? amount - base : 0
        words = "#{words}，超过 #{Titled.number_text(base)}#{@of.unit}#{@above.why(facts)}的部分 #{Titled.number_text(amount)}#{@of.unit}"
      end
      value = Titled.divide(amount * @per, 100)
      Outcome.new(value, "#{words} × #{Titled.points_text(@per)} = #{Titled.points_text(value)}")
    end

    def rule
      from = @above ? "超过起点（#{@above.rule}）的部分，" : ""
      "#{from}每#{@of.each} #{Titled.number_text(@per)} 分#{@of.rule}"
    end

    private

    def adds_up?(outcome)
      outcome.points > 0
    end
  end

  # 分段线性：[[10, 1.0], [nil, 0.5]] = 到 10 为止每单位 1 分，以后每单位 0.5 分
  class Piecewise < Rule
    KIND = "piecewise"
    OPTIONS = [:of, :segments]

    def build(options)
      @of = quantity(options[:of])
      fail_with("segments: 应为 [[到几为止, 每单位分值], ...]") unless options[:segments].is_a?(Array)
      low = 0
      @segments = options[:segments].map do |upto, per|
        high = upto.nil? ? nil : points(upto, "分段上限")
        fail_with("分段上限应逐段增大，只有最后一段可以是 nil") if low.nil? || (high && high <= low)
        segment = [low, high, points(per, "分段分值")]
        low = high
        segment
      end
    end

    def measure(facts, _expert)
      amount = @of.hundredths(facts)
      value = 0
      words = []
      @segments.each do |low, high, per|
        part = (high && amount > high ? high : amount) - low
        next if part <= 0
        value += part * per
        words << "#{Titled.number_text(part)}#{@of.unit} × #{Titled.points_text(per)}"
      end
      return Outcome.new(0, "#{@of.text(facts)}，计 0 分") if words.empty?
      value = Titled.divide(value, 100)
      Outcome.new(value, "#{@of.text(facts)}：#{words.join(" + ")} = #{Titled.points_text(value)}")
    end

    def rule
      rows = @segments.map do |low, high, per|
        span = high ? "到 #{Titled.number_text(high)}" : "超过 #{Titled.number_text(low)}"
        "#{span}#{@of.unit}的部分每#{@of.each} #{Titled.number_text(per)} 分"
      end
      "#{rows.join("、")}#{@of.rule}"
    end

    private

    def adds_up?(outcome)
      outcome.points > 0
    end
  end

  # 台阶：达到哪一档得哪一档的分 [[12, 15], [10, 14]]
  class Step < Rule
    KIND = "step"
    OPTIONS = [:of, :steps]

    def build(options)
      @of = quantity(options[:of])
      fail_with("steps: 应为 [[达到, 分值], ...]") unless options[:steps].is_a?(Array)
      @steps = options[:steps].map { |from, value| [points(from, "台阶"), points(value, "分值")] }
      @steps = @steps.sort { |a, b| b[0] <=> a[0] }
    end

    def measure(facts, _expert)
      amount = @of.hundredths(facts)
      from, value = @steps.find { |step| amount >= step[0] }
      return Outcome.new(0, "#{@of.text(facts)}，未达最低档，计 0 分") unless from
      Outcome.new(value, "#{@of.text(facts)}，达到 #{Titled.number_text(from)}#{@of.unit} = #{Titled.points_text(value)}")
    end

    def rule
      @steps.map { |from, value| "#{Titled.number_text(from)}#{@of.unit}以上 #{Titled.number_text(value)}" }.join("、")
    end
  end

  # 满意率等百分比分档，按封顶折算；valid: 指定的事实为否时无效
  class PercentBand < Rule
    KIND = "pct_band"
    OPTIONS = [:of, :bands, :valid, :invalid]

    def build(options)
      need_cap
      @of = quantity(options[:of])
      fail_with("bands: 应为 [[百分比下限, 系数], ...]") unless options[:bands].is_a?(Array)
      @bands = options[:bands].map { |from, share| [points(from, "下限"), points(share, "系数")] }
      @bands = @bands.sort { |a, b| b[0] <=> a[0] }
      @valid = options[:valid] ? reads(options[:valid]) : nil
    end

    def measure(facts, _expert)
      percent = @of.hundredths(facts)
      return Outcome.new(0, "#{@options[:invalid] || facts.because(@valid) || "测评无效"}，计 0 分") if @valid && !facts.need(@valid)
      from, share = @bands.find { |band| percent >= band[0] }
      return Outcome.new(0, "#{Titled.number_text(percent)}%，未达最低档，计 0 分") unless from
      value = Titled.divide(@cap * share, 100)
      Outcome.new(value, "#{Titled.number_text(percent)}%，#{Titled.number_text(from)}% 以上档：#{share}% × #{Titled.points_text(@cap)} = #{Titled.points_text(value)}")
    end

    def rule
      @bands.map { |from, share| "≥#{Titled.number_text(from)}% 得满分的 #{share}%" }.join("、")
    end
  end

  # 达标满分，不足按比例；几项指标取比例最低的一项
  class Ratio < Rule
    KIND = "ratio"
    OPTIONS = [:of]

    def build(options)
      need_cap
      fail_with("of: 应为 {事实 => 满分标准}") unless options[:of].is_a?(Hash) && !options[:of].empty?
      @full = {}
      options[:of].each do |fact, full|
        @full[reads(fact)] = points(full, "标准")
        fail_with("标准应大于 0") unless full > 0
      end
    end

    def measure(facts, _expert)
      share = 10000
      words = @full.map do |fact, full|
        amount = Count.new(fact).hundredths(facts)
        one = amount >= full ? 10000 : Titled.divide(amount * 10000, full)
        share = one if one < share
        "#{Titled.number_text(amount)}/#{Titled.number_text(full)}"
      end
      value = lowest(facts)
      return Outcome.new(value, "#{words.join("，")}，达标 = #{Titled.points_text(value)}") if share == 10000
      Outcome.new(value, "#{words.join("，")}，按最低比例 #{Titled.number_text(share)}% × #{Titled.points_text(@cap)} = #{Titled.points_text(value)}")
    end

    def rule
      "#{@full.map { |fact, full| "#{@standard.fact_name(fact) || fact} 达到 #{Titled.number_text(full)}" }.join("且")}满分，不足按比例（取最低的比例）"
    end

    private

    # From the exact fraction, not from the rounded percentage of the sentence.
    def lowest(facts)
      values = @full.map do |fact, full|
        amount = Count.new(fact).hundredths(facts)
        amount >= full ? @cap : Titled.divide(@cap * amount, full)
      end
      values.min
    end
  end

  # --- rules over a list of things (荣誉、公开课、成果 ...) ---------------------------------------

  # Picks entries of a list fact, gives each its points, takes the best `top` of them (nil = all).
  class ListRule < Rule
    OPTIONS = [:of, :key, :table, :where, :top]

    def build(options)
      @of = reads(options[:of])
      @key = (options[:key] || "level").to_s
      @where = options[:where] || {}
      @top = top_of(options)
      build_table(options)
    end

    def measure(facts, _expert)
      scored = chosen(facts.need(@of)).map { |entry| score_entry(entry) }
      return Outcome.new(0, "未填报") if scored.empty?
      best = scored.sort { |a, b| b[0] <=> a[0] }
      best = best[0, @top] if @top
      sum = best.inject(0) { |all, entry| all + entry[0] }
      sentence = best.map { |entry| entry[1] }.join(" + ")
      sentence = "#{sentence} = #{Titled.points_text(sum)}" if best.length > 1
      sentence = "#{scored.length} 项取最高 #{@top} 项：#{sentence}" if @top && scored.length > @top
      Outcome.new(sum, sentence)
    end

    def rule
      top = @top.nil? ? "各项相加" : @top == 1 ? "就高不就低，取 1 项" : "取最高 #{@top} 项"
      "#{table_rule}，#{top}"
    end

    private

    def top_of(options)
      top = options[:top]
      fail_with("top: 应为正整数") unless top.nil? || (top.is_a?(Integer) && top > 0)
      top
    end

    def build_table(options)
      @table = point_table(options[:table])
    end

    def table_rule
      table_text(@table)
    end

    def adds_up?(_outcome)
      @top.nil?
    end

    def chosen(list)
      fail_with("事实 #{@of} 不是列表") unless list.is_a?(Array)
      list.select { |entry| @where.all? { |key, words| [words].flatten.include?(entry[key.to_s]) } }
    end

    # [hundredths, sentence]
    def score_entry(entry)
      word = entry[@key].to_s
      value = @table[word] || 0
      [value, "#{word} #{Titled.points_text(value)}#{@table.key?(word) ? "" : "（未列入）"}"]
    end
  end

  class BestOf < ListRule
    KIND = "max"

    def top_of(_options)
      1
    end
  end

  class TopN < ListRule
    KIND = "sum_top"
  end

  class SumOf < ListRule
    KIND = "sum"
  end

  # 类别 × 级别，乘以署名系数：table: {"课题" => {"省级" => 4}}, factor: {"课题" => {"参与" => 0.5}}
  class Matrix < ListRule
    KIND = "matrix"
    OPTIONS = [:of, :row, :column, :table, :rank, :factor, :where, :top]

    def build_table(options)
      @row = (options[:row] || "kind").to_s
      @column = (options[:column] || "level").to_s
      @rank = (options[:rank] || "role").to_s
      @table = nested(options[:table], "table")
      @factor = nested(options[:factor] || {}, "factor")
    end

    private

    def nested(table, what)
      fail_with("#{what}: 应为 {\"类别\" => {\"级别\" => 数}}") unless table.is_a?(Hash)
      rows = {}
      table.each { |word, row| rows[word.to_s] = point_table(row) }
      rows
    end

    def score_entry(entry)
      kind, level, rank = entry[@row].to_s, entry[@column].to_s, entry[@rank].to_s
      full = (@table[kind] || {})[level]
      return [0, "#{kind} #{level} 0.00（未列入）"] if full.nil?
      share = @factor.key?(kind) ? (@factor[kind][rank] || 0) : 100
      value = Titled.divide(full * share, 100)
      text = "#{kind} #{level} #{Titled.points_text(full)}"
      text = "#{text} × #{Titled.number_text(share)}（#{rank}）" if share != 100
      [value, text]
    end

    def table_rule
      rows = @table.map { |kind, row| "#{kind}：#{table_text(row)}" }
      shares = @factor.map { |kind, row| "#{kind}#{table_text(row)}" }
      shares.empty? ? rows.join("；") : "#{rows.join("；")}；署名系数 #{shares.join("，")}"
    end
  end

  # --- rules made of rules ----------------------------------------------------------------------

  class Composite < Rule
    OPTIONS = [:parts]

    def build(options)
      @parts = options[:parts]
      fail_with("没有内容") if @parts.empty?
      @parts.each { |part| @facts = (@facts + part.facts).uniq }
    end

    def measure(facts, expert)
      outcomes = @parts.map { |part| part.evaluate(facts, expert) }
      sentence = (0...@parts.length).map { |i| "#{@parts[i].name}：#{outcomes[i].sentence}" }.join("；")
      total = combine(outcomes.map { |outcome| outcome.points })
      Outcome.new(total, "#{sentence}；#{verb} #{Titled.points_text(total)}", outcomes.any? { |outcome| outcome.pending })
    end

    def rule
      "#{@parts.map { |part| "#{part.name}（#{part.rule}）" }.join("；")}；#{verb}"
    end
  end

  class BestOfParts < Composite
    KIND = "max"

    def combine(points)
      points.max
    end

    def verb
      "取高"
    end
  end

  class SumOfParts < Composite
    KIND = "sum"

    def combine(points)
      points.inject(0) { |all, one| all + one }
    end

    def verb
      "合计"
    end

    def adds_up?(_outcome)
      true
    end
  end

  # --- experts, deductions ----------------------------------------------------------------------

  # 专家评分：the core aggregates the sheets (trimmed mean) and passes hundredths in.
  class Expert < Rule
    KIND = "expert"
    OPTIONS = [:range]

    def build(options)
      need_cap
      @by = "expert"
      range = options[:range] || (0..@cap.div(100))
      @low, @high = points(range.first, "下限"), points(range.last, "上限")
      fail_with("评分范围 #{range} 超过封顶") if @high > @cap || @low > @high
    end

    def measure(_facts, expert)
      given = expert[@id]
      return Outcome.new(0, WAITS_FOR["expert"], true) if given.nil?
      fail_with("专家评分 #{given} 不在 #{@low}—#{@high} 之内") unless given.is_a?(Integer) && given >= @low && given <= @high
      Outcome.new(given, "专家评分 = #{Titled.points_text(given)}")
    end

    def rule
      "专家 #{Titled.number_text(@low)}—#{Titled.number_text(@high)} 分评分，去极值取均值"
    end

    def row
      super.merge("min" => @low, "max" => @high)
    end
  end

  # 扣分制：满分（封顶）起扣，扣完为止
  class Deduct < Rule
    KIND = "deduct"
    OPTIONS = [:of, :each]

    def build(options)
      need_cap
      @of = quantity(options[:of])
      @each = points(options[:each], "每次扣分 each")
    end

    def measure(facts, _expert)
      loss = Titled.divide(@of.hundredths(facts) * @each, 100)
      value = loss > @cap ? 0 : @cap - loss
      Outcome.new(value, "#{Titled.points_text(@cap)} − #{@of.text(facts)} 次 × #{Titled.points_text(@each)} = #{Titled.points_text(value)}")
    end

    def rule
      "满分起扣，每次扣 #{Titled.number_text(@each)} 分，扣完为止"
    end
  end

  # --- yes or no: conditions and vetoes ---------------------------------------------------------

  # A question about the facts. One of:
  #   is: value              the fact equals it
  #   one_of: [values]       the fact is one of them
  #   at_least: n | lookup   the quantity reaches it
  #   any: words             the list of yearly results has one of these grades; with window: and up_to:
  #                          only in the last years
  #   none: words            the list has none of them (same window)
  # or a block that answers true, false or [true, "说明"].
  class Question < Rule
    OPTIONS = [:of, :is, :one_of, :at_least, :any, :none, :window, :up_to, :basis, :block]
    WAYS = [:is, :one_of, :at_least, :any, :none, :block]

    def build(options)
      ways = WAYS.select { |way| options.key?(way) }
      fail_with("要有且只有一种判断：#{WAYS.join("、")}") unless ways.length == 1
      @way = ways[0]
      @least = limit(options[:at_least], "at_least") if @way == :at_least
      @of = quantity(options[:of]) if @way == :at_least
      reads(options[:of]) unless @way == :block || @way == :at_least
      reads(options[:up_to]) if options[:up_to]
    end

    # {"met": ..., "because": ...}; a missing value is not met and says so.
    def ask(facts)
      Titled.mark("#{@id} #{@name}")
      met, because = answer(facts)
      {"id" => @id, "name" => @name, "met" => met ? true : false, "because" => because, "pending" => false}
    rescue Missing => missing
      who = WAITS_FOR[facts.by(missing.fact)] || WAITS_FOR[@by]
      {"id" => @id, "name" => @name, "met" => false, "because" => who || "未填报", "pending" => who ? true : false}
    end

    def rule
      case @way
      when :at_least then "至少 #{@least.rule}#{@of.unit}"
      when :is, :one_of, :any then "#{subject}：#{words.map { |word| said(word) }.join("、")}#{span}"
      when :none then "#{subject}没有：#{words.join("、")}#{span}"
      end
    end

    def basis
      @options[:basis] || ""
    end

    private

    def answer(facts)
      case @way
      when :block then asked(@options[:block].call(facts))
      when :at_least then reached(facts)
      when :is, :one_of
        value = facts.need(@options[:of])
        [words.include?(value), facts.because(@options[:of]) || said(value)]
      else
        found = listed(facts)
        [@way == :any ? !found.empty? : found.empty?, found.empty? ? "没有#{words.join("、")}的记录" : found.join("、")]
      end
    end

    def asked(result)
      met, because = result
      fail_with("代码块应返回 true、false 或 [true, \"说明\"]") unless met == true || met == false
      [met, because || (met ? "符合" : "不符合")]
    end

    def reached(facts)
      amount, least = @of.hundredths(facts), @least.hundredths(facts)
      return [false, "#{@least.why(facts)}未列入，不能申报"] if least.nil?
      [amount >= least, "#{@of.text(facts)}，要求 #{Titled.number_text(least)}#{@of.unit}#{@least.why(facts)}"]
    end

    def words
      [@options[@way]].flatten
    end

    def subject
      @standard.fact_name(@facts[0]) || "结果"
    end

    # The years with one of the words, as text.
    def listed(facts)
      years = facts.need(@options[:of])
      from = @options[:window] ? facts.need(@options[:up_to]) - @options[:window] : nil
      years = years.select { |entry| entry["year"] > from } if from
      years.select { |entry| words.include?(entry["grade"]) }.map { |entry| "#{entry["year"]} 年#{entry["grade"]}" }
    end

    def span
      @options[:window] ? "（近 #{@options[:window]} 年）" : ""
    end

    def said(value)
      value == true ? "是" : value == false ? "否" : value.to_s
    end
  end

  class Condition < Question
    KIND = "condition"

    def row
      {"part" => "condition", "id" => @id, "name" => @name, "rule" => [rule, @options[:note]].compact.join("；"),
       "basis" => basis, "facts" => @facts}
    end
  end

  class Veto < Question
    KIND = "veto"

    def row
      {"part" => "veto", "id" => @id, "name" => @name, "rule" => [rule, @options[:note]].compact.join("；"),
       "scorer" => @by, "evidence" => [@options[:evidence] || []].flatten, "facts" => @facts}
    end
  end

  # --- the standard -----------------------------------------------------------------------------

  class Section
    attr_reader :id, :name, :cap, :items

    def initialize(id, name, cap)
      @id, @name, @cap, @items = id, name, cap, []
    end
  end

  # `self` of a script's block. Every method below is a word of the language.
  class Standard
    attr_reader :series, :level, :sections, :conditions, :vetoes, :warnings

    def initialize(series, level, known)
      @series, @level, @known = series, level, known
      @name, @basis, @line, @cap, @ties = "", [], nil, 10000, []
      @sections, @conditions, @vetoes, @adjustments, @ids = [], [], [], {}, []
      @section, @parts = nil, nil
    end

    # -- head
    def name(text = nil)
      @name = text.to_s if text
      @name
    end

    def basis(*texts)
      @basis = texts.flatten.map { |text| text.to_s } unless texts.empty?
      @basis
    end

    # 参考线：for ranking and display; people decide.
    def reference_line(number = nil)
      @line = Titled.hundredths(number, "reference_line") if number
      @line
    end

    def total_cap(number = nil)
      @cap = Titled.hundredths(number, "total_cap") if number
      @cap
    end

    # 同分排序：ids of sections and items (text) or facts (symbols), most important first, higher first.
    def tie_break(*keys)
      @ties = keys.flatten unless keys.empty?
      @ties
    end

    # -- what to read
    def years(fact, rounding = :full_year)
      Years.new(fact, rounding)
    end

    def lookup(fact, table)
      Lookup.new(fact, table)
    end

    # Points for the blocks of `adjust`: points(0.5) -> hundredths.
    def points(number)
      Titled.hundredths(number, "points")
    end

    # -- who may apply, what rules out
    def condition(id, name, **options, &block)
      options[:block] = block if block
      @conditions << claim(id, Condition.new(self, id.to_s, name, options))
    end

    def veto(id, name, **options, &block)
      options[:block] = block if block
      @vetoes << claim(id, Veto.new(self, id.to_s, name, options))
    end

    # -- sections and items
    def section(id, name, cap:)
      raise ScriptError, "#{id}：section 里不能再有 section" if @section
      @section = claim(id, Section.new(id.to_s, name, Titled.hundredths(cap, "#{id} 的封顶")))
      @sections << @section
      yield
      @section = nil
    end

    def tier(*names, **options)         add(Tier, names, options) end
    def tier_ratio(*names, **options)   add(TierRatio, names, options) end
    def tier_sum_avg(*names, **options) add(TierSumAverage, names, options) end
    def linear(*names, **options)       add(Linear, names, options) end
    def piecewise(*names, **options)    add(Piecewise, names, options) end
    def step(*names, **options)         add(Step, names, options) end
    def pct_band(*names, **options)     add(PercentBand, names, options) end
    def ratio(*names, **options)        add(Ratio, names, options) end
    def top_n(*names, **options)        add(TopN, names, options) end
    def matrix(*names, **options)       add(Matrix, names, options) end
    def expert(*names, **options)       add(Expert, names, options) end
    def deduct(*names, **options)       add(Deduct, names, options) end

    # Over a list fact (of:, key:, table:), or over the rules in a block.
    def best_of(*names, **options, &block)
      block ? combine(BestOfParts, names, options, block) : add(BestOf, names, options)
    end

    def sum_of(*names, **options, &block)
      block ? combine(SumOfParts, names, options, block) : add(SumOf, names, options)
    end

    # A local rule on top of an item: the block gets its points (hundredths) and the facts and answers
    # the new points (hundredths); the item's cap still holds.
    def adjust(id, reason, &block)
      raise ScriptError, "#{id}：adjust 要有代码块" unless block
      raise ScriptError, "#{id}：adjust 的项目还没有定义" unless @ids.include?(id.to_s)
      (@adjustments[id.to_s] ||= []) << [reason, block]
    end

    # -- used by the rules and by Titled
    def knows?(fact)
      @known.nil? || @known.key?(fact)
    end

    # The fact's name in Chinese; nil when the series' facts were not declared.
    def fact_name(fact)
      @known && @known[fact]
    end

    def adjustments(id)
      @adjustments[id] || []
    end

    # The checks that need the whole script.
    def finish
      raise ScriptError, "没有任何 section" if @sections.empty?
      sum = @sections.inject(0) { |all, section| all + section.cap }
      raise ScriptError, "各部分封顶合计 #{Titled.number_text(sum)}，超过总分 #{Titled.number_text(@cap)}" if sum > @cap
      @ties.each do |key|
        good = key.is_a?(Symbol) ? knows?(key.to_s) : @ids.include?(key)
        raise ScriptError, "tie_break：没有 #{key.inspect}" unless good
      end
      @warnings = @sections.select { |section| reachable(section) < section.cap }.map do |section|
        "#{section.id} #{section.name}：各项封顶合计 #{Titled.number_text(reachable(section))}，达不到本部分封顶 #{Titled.number_text(section.cap)}"
      end
      self
    end

    private

    def reachable(section)
      section.items.inject(0) { |all, item| all + item.cap }
    end

    def claim(id, value)
      raise ScriptError, "#{id}：编号重复" if @ids.include?(id.to_s)
      @ids << id.to_s
      value
    end

    # An item of the section, or, inside a block of best_of / sum_of, a part with a name only.
    def add(kind, names, options)
      if @parts
        raise ScriptError, "#{names.join(" ")}：组成部分只写名称" unless names.length == 1
        @parts << kind.new(self, nil, names[0], options)
        return
      end
      id, name = names
      raise ScriptError, "#{names.join(" ")}：应写编号和名称" unless names.length == 2
      raise ScriptError, "#{id}：要写在 section 里" unless @section
      raise ScriptError, "#{id} #{name}：缺少 cap:（封顶）" unless options.key?(:cap)
      @section.items << claim(id, kind.new(self, id.to_s, name, options))
    end

    def combine(kind, names, options, block)
      raise ScriptError, "#{names.join(" ")}：组成部分里不能再有组成部分" if @parts
      @parts = []
      block.call
      parts, @parts = @parts, nil
      add(kind, names, options.merge(parts: parts))
    end
  end

  # --- what the worker calls --------------------------------------------------------------------

  @defined = nil
  @facts = {}

  # Tells which facts a series has ([{"id", "name"}], "facts" of form.json), so that a script that asks
  # for another one is refused when it is loaded. Without it names are not checked.
  def self.declare(series, facts)
    names = {}
    (facts || []).each { |fact| names[fact["id"]] = fact["name"] }
    @facts[series] = names.empty? ? nil : names
  end

  def self.define(series, level, block)
    raise ScriptError, "一个文件里只能有一个 standard" if @defined
    standard = Standard.new(series, level, @facts[series])
    standard.instance_eval(&block)
    @defined = standard.finish
  end

  # The standard that the source defined, once; nil when it defined none.
  def self.take
    standard, @defined = @defined, nil
    standard
  end

  # SCORE of protocol.h. Beyond it: "tie_break" is the list of numbers to compare, higher first.
  # `eligible` = all conditions and all gates met. A veto makes the total 0; the items keep their points.
  def self.score(standard, input)
    facts = Facts.new(input["facts"])
    sections = standard.sections.map { |section| score_section(standard, section, facts, input["expert"] || {}) }
    conditions = standard.conditions.map { |rule| rule.ask(facts).merge("basis" => rule.basis) }
    vetoes = standard.vetoes.map { |rule| rule.ask(facts) }
    vetoed = vetoes.any? { |veto| veto["met"] }
    gates = input["gates"] || []
    total = sections.inject(0) { |all, section| all + section["points"] }
    total = standard.total_cap if total > standard.total_cap
    {"total" => vetoed ? 0 : total, "cap" => standard.total_cap, "vetoed" => vetoed,
     "eligible" => conditions.all? { |one| one["met"] } && gates.all? { |gate| gate["met"] },
     "reference_line" => standard.reference_line, "conditions" => conditions, "vetoes" => vetoes,
     "sections" => sections, "tie_break" => ties(standard, sections, facts)}
  end

  # The standard as people read it: an array of rows, each with "part" = head | condition | veto |
  # section (with "items") | adjust.
  def self.table(standard)
    head = {"part" => "head", "name" => standard.name, "series" => standard.series, "level" => standard.level,
            "basis" => standard.basis, "reference_line" => standard.reference_line, "cap" => standard.total_cap,
            "tie_break" => standard.tie_break.map { |key| key.is_a?(Symbol) ? standard.fact_name(key.to_s) || key.to_s : key },
            "warnings" => standard.warnings}
    sections = standard.sections.map do |section|
      {"part" => "section", "id" => section.id, "name" => section.name, "cap" => section.cap,
       "items" => section.items.map { |item| item_row(standard, item) }}
    end
    [head] + standard.conditions.map { |rule| rule.row } + standard.vetoes.map { |rule| rule.row } + sections
  end

  def self.item_row(standard, item)
    reasons = standard.adjustments(item.id).map { |reason, _block| "调整：#{reason}" }
    row = item.row
    row["rule"] = ([row["rule"]] + reasons).join("；") unless reasons.empty?
    row
  end

  def self.score_section(standard, section, facts, expert)
    items = section.items.map { |item| score_item(standard, item, facts, expert) }
    sum = items.inject(0) { |all, item| all + item["points"] }
    {"id" => section.id, "name" => section.name, "points" => sum > section.cap ? section.cap : sum,
     "cap" => section.cap, "items" => items}
  end

  def self.score_item(standard, item, facts, expert)
    outcome = item.evaluate(facts, expert)
    points, because = outcome.points, outcome.sentence
    standard.adjustments(item.id).each do |reason, block|
      changed = block.call(points, facts)
      raise ScriptError, "#{item.id}：adjust 应返回整数（百分之一分），返回了 #{changed.inspect}" unless changed.is_a?(Integer)
      changed = item.cap if changed > item.cap
      changed = 0 if changed < 0
      because = "#{because}；#{reason}：#{points_text(points)} → #{points_text(changed)}" if changed != points
      points = changed
    end
    {"id" => item.id, "name" => item.name, "kind" => item.kind, "points" => points, "cap" => item.cap,
     "scorer" => item.scorer, "because" => because, "facts" => item.facts, "pending" => outcome.pending}
  end

  def self.ties(standard, sections, facts)
    points = {}
    sections.each do |section|
      points[section["id"]] = section["points"]
      section["items"].each { |item| points[item["id"]] = item["points"] }
    end
    standard.tie_break.map do |key|
      value = key.is_a?(Symbol) ? facts[key] : points[key]
      value == true ? 1 : value.is_a?(Integer) || value.is_a?(Float) ? value : 0
    end
  end
end

# standard "teacher", "intermediate" do ... end
def standard(series, level, &block)
  raise Titled::ScriptError, "standard 要有代码块" unless block
  Titled.define(series, level, block)
end
