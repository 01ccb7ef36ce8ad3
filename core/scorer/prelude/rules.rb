# rules.rb - the kinds of items that read one fact or a few: what each is worth and why.

module Titled
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
      @label = [id, name].compact.join(" ")
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
      Titled.mark(@label)
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
      raise ScriptError, "#{@label}：#{message}"
    end

    def points(number, what)
      Titled.hundredths(number, "#{@label} 的#{what}")
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
end
