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

  # === 3 按一个事实赋分 points from a fact
  # 项目写 `种类 "编号", "名称", cap: 分, ...`。没有填报得 0 分并写明“未填报”；要等单位、主管部门或专家填的，标为待定。
  #
  # == * 每个项目都有的参数 options of every item
  # - cap: | 分 | 必填（组成部分可省） | 封顶
  # - by: | "system"、"unit"、"district"、"expert" | "system" | 由谁认定
  # - evidence: | 文字或文字列表 | 无 | 佐证材料
  # - note: | 文字 | 无 | 公开表上的补充说明

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
      Titled.mark(@label)
      check_common(options)
      @cap = options.key?(:cap) ? points(options[:cap], "封顶 cap") : nil
      fail_with("封顶不能为负") if @cap && @cap < 0
      build(options)
    end

    def kind
      self.class::KIND
    end

    # The Outcome with modifiers and cap applied; a missing value is an answer too, not an error.
    def evaluate(facts, expert)
      Titled.mark(@label)
      outcome = measure(facts, expert)
      outcome = Modifier.apply(@modifiers, outcome, facts) if @modifiers
      capped(outcome)
    rescue Missing => missing
      who = WAITS_FOR[facts.by(missing.fact)] || WAITS_FOR[@by]
      Outcome.new(0, who || "未填报", who ? true : false)
    end

    # The row of the public table.
    def row
      {"part" => "item", "id" => @id, "name" => @name, "kind" => kind, "cap" => @cap, "scorer" => @by,
       "rule" => ([rule] + remarks + [@options[:note]]).compact.join("；"), "evidence" => [@options[:evidence] || []].flatten,
       "facts" => @facts}
    end

    def scorer
      @by
    end

    def modify(modifier)
      @modifiers = (@modifiers || []) + [modifier]
      fail_with("最多 #{Modifier::TIMES_MAX} 个 times: 系数") if @modifiers.count { |one| one.times? } > Modifier::TIMES_MAX
      @facts = (@facts + modifier.facts).uniq
    end

    # All that it reads of a dossier, fact by fact: [fact, the fields of its entries or nil for the whole value,
    # whether it quotes the fact's reason].
    def readings
      own_readings + (@modifiers || []).map { |modifier| modifier.readings }.flatten(1)
    end

    # Do its readings name everything? A block may ask for any fact.
    def declared?
      !@options.key?(:block) && (@modifiers || []).all? { |modifier| modifier.declared? }
    end

    def asks_expert?
      false
    end

    private

    def remarks
      (@modifiers || []).map { |modifier| modifier.effect }
    end

    SCORERS = ["system", "unit", "district", "district_industry", "expert"]

    def check_common(options)
      allowed = COMMON + self.class::OPTIONS
      options.each_key { |key| fail_with("没有参数 #{key}:，可用的有 #{allowed.join("、")}") unless allowed.include?(key) }
      fail_with("名称应为文字，写的是 #{@name.inspect}") unless @name.is_a?(String) && !@name.empty?
      fail_with("by: 应为 #{SCORERS.join("、")} 之一，写的是 #{options[:by].inspect}") unless SCORERS.include?(@by)
      [[:evidence, options[:evidence]], [:note, options[:note]]].each do |key, value|
        fail_with("#{key}: 应为文字") unless [value].flatten.compact.all? { |text| text.is_a?(String) }
      end
    end

    def own_readings
      @facts.map { |fact| [fact, fields_of(fact), quotes?(fact)] }
    end

    def fields_of(_fact)
      nil
    end

    def quotes?(_fact)
      false
    end

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
      table.each do |word, number|
        hundredths[word.to_s] = points(number, "「#{word}」")
        fail_with("「#{word}」的分值不能为负") if hundredths[word.to_s] < 0
      end
      hundredths
    end

    # [[number, number], ...] as hundredths, in the order written; `last` may have nil as its first number.
    def pairs(list, what, open_end = false)
      good = list.is_a?(Array) && !list.empty? && list.all? { |pair| pair.is_a?(Array) && pair.length == 2 }
      fail_with(what) unless good
      list.map do |first, second|
        fail_with(what) if first.nil? && !open_end
        [first.nil? ? nil : points(first, "「#{first}」"), points(second, "「#{first}」")]
      end
    end

    # Pairs from the highest first number down; the same number twice is a mistake.
    def ladder(list, what)
      rows = pairs(list, what).sort { |a, b| b[0] <=> a[0] }
      (1...rows.length).each do |i|
        fail_with("#{Titled.number_text(rows[i][0])} 写了两次") if rows[i][0] == rows[i - 1][0]
      end
      rows
    end

    def positive_years(number, what)
      fail_with("#{what} 应为年数（正整数）") unless number.is_a?(Integer) && number > 0
      number
    end

    def table_text(table, unit = "")
      table.map { |word, number| "#{word} #{Titled.number_text(number)}#{unit}" }.join("、")
    end

    def need_cap
      fail_with("缺少 cap:（按封顶折算）") if @cap.nil?
    end
  end

  # == tier 档次赋分 by grade
  # - of: | 事实 | 必填 | 档次
  # - table: | {档次 => 分} | 必填 | 每档的分；不在表内的 0 分
  # - proportional: | {档次 => [满分, :比例事实]} | 无 | 这一档按完成比例给分
  #   tier "D1", "教学工作量", cap: 8, of: :workload, by: "unit", evidence: "课表",
  #        table: {"超额" => 8, "达标" => 6}, proportional: {"未达标" => [6, :percent]}
  # facts: {"workload": "未达标", "percent": 87.5}
  # gives: D1 5.25 未达标：87.5% × 6.00 = 5.25
  # reads: D1 超额 8、达标 6、未达标按 6 分 × 完成比例

  # 档次赋分
  class Tier < Rule
    KIND = "tier"
    OPTIONS = [:of, :table, :proportional]

    def build(options)
      @of = reads(options[:of])
      @table = point_table(options[:table])
      @proportional = {}
      whole = options[:proportional] || {}
      fail_with("proportional: 应为 {\"档次\" => [满分, :比例事实]}") unless whole.is_a?(Hash)
      whole.each do |word, pair|
        fail_with("proportional: 应为 {\"档次\" => [满分, :比例事实]}") unless pair.is_a?(Array) && pair.length == 2
        @proportional[word.to_s] = [points(pair[0], "「#{word}」"), reads(pair[1])]
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

  # == tier_ratio 满分的百分比 a share of the cap by grade
  # - of: | 事实 | 必填 | 档次
  # - table: | {档次 => 百分数} | 必填 | 占封顶的百分之几
  #   tier_ratio "E1", "学历", cap: 5, of: :education, table: {"研究生" => 100, "本科" => 90, "大专" => 75}
  # facts: {"education": "本科"}
  # gives: E1 4.50 本科 90% × 5.00 = 4.50
  # reads: E1 满分的：研究生 100%、本科 90%、大专 75%

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

  # == tier_sum_avg 近 N 年逐年计分、不足折算 a window of years, averaged and scaled
  # also: window_average
  # 近 window 年每年按等次给分；实有年数不足的，合计 ÷ 实有年数 × window。
  # - of: | 事实（历年结果） | 必填 | 每年一条，有 year 和 grade
  # - table: | {等次 => 分} | 必填 | 每次的分
  # - window: | 年数 | 必填 | 近几年
  # - up_to: | 事实（年度） | 必填 | 算到哪一年
  # - skip: | 等次 | 无 | 这些年度不算实有年数
  #   tier_sum_avg "C1", "年度考核", cap: 10, of: :results, window: 5, up_to: :last_year,
  #                skip: "不定等次", table: {"优秀" => 2, "合格" => 1.5}
  # facts: {"last_year": 2025, "results": [{"year": 2022, "grade": "不定等次"}, {"year": 2023, "grade": "合格"}, {"year": 2024, "grade": "合格"}, {"year": 2025, "grade": "优秀"}]}
  # gives: C1 8.33 近 5 年实有 3 年：合格 2 次 × 1.50 + 优秀 1 次 × 2.00 = 5.00，÷ 3 × 5 = 8.33，封顶 10
  # reads: C1 近 5 年，每次：优秀 2、合格 1.5；不足 5 年按实有年数折算，不定等次的年度不计入实有年数

  # 近 N 年逐年计分；实有年数不足 N 的，按 计分合计 ÷ 实有年数 × N 折算
  class TierSumAverage < Rule
    KIND = "tier_sum_avg"
    OPTIONS = [:of, :table, :window, :up_to, :skip]

    def build(options)
      @of = reads(options[:of])
      @up_to = reads(options[:up_to])
      @table = point_table(options[:table])
      @window = positive_years(options[:window], "window:")
      @skip = [options[:skip] || []].flatten
    end

    def measure(facts, _expert)
      last = facts.need(@up_to)
      years = facts.entries(@of).select { |entry| entry["year"] > last - @window && entry["year"] <= last }
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

    def fields_of(fact)
      fact == @of ? ["year", "grade"] : nil
    end

    def adds_up?(outcome)
      outcome.points > 0
    end

    def counted(grades)
      grades.uniq.map do |grade|
        "#{grade} #{grades.count(grade)} 次 × #{Titled.points_text(@table[grade] || 0)}"
      end.join(" + ")
    end
  end

  # == linear 线性 so much for each
  # （数量 − 起点）× 每单位分值，封顶。
  # - of: | 事实或 years(...) | 必填 | 数量
  # - per: | 分或 lookup | 必填 | 每单位的分
  # - above: | 数或 lookup | 0 | 起点：超过它的部分才计分
  #   linear "B2", "任现职年限", cap: 5, of: years(:tenure_months), above: 4, per: 1.0
  #   linear "B4", "教龄（按学历系数）", cap: 20, of: :teaching_years, per: lookup(:education, "大专" => 0.9, "本科" => 1.1)
  # facts: {"tenure_months": 90, "teaching_years": 9, "education": "大专"}
  # gives: B2 3.00 7 年 6 个月计 7 年，超过 4 年的部分 3 年 × 1.00 = 3.00，封顶 5
  # gives: B4 8.10 9 × 0.90（大专） = 8.10，封顶 20
  # reads: B2 超过起点（4）的部分，每年 1 分，按满年计

  # 线性：（数量 − 起点）× 每单位分值
  class Linear < Rule
    KIND = "linear"
    OPTIONS = [:of, :per, :above]

    def build(options)
      @of = quantity(options[:of])
      @per = options[:per].is_a?(Lookup) ? nil : points(options[:per], "每单位分值 per")
      @per_by = @per ? nil : limit(options[:per], "每单位分值 per")
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
      per = @per || @per_by.hundredths(facts)
      return Outcome.new(0, "每#{@of.each}分值#{@per_by.why(facts)}未作规定，计 0 分") if per.nil?
      value = Titled.divide(amount * per, 100)
      Outcome.new(value, "#{words} × #{Titled.points_text(per)}#{@per ? "" : @per_by.why(facts)} = #{Titled.points_text(value)}")
    end

    def rule
      from = @above ? "超过起点（#{@above.rule}）的部分，" : ""
      per = @per ? "#{Titled.number_text(@per)} 分" : "的分值：#{@per_by.rule}"
      "#{from}每#{@of.each} #{per}#{@of.rule}"
    end

    private

    def adds_up?(outcome)
      outcome.points > 0
    end
  end

  # == piecewise 分段线性 by segments
  # - of: | 事实或 years(...) | 必填 | 数量
  # - segments: | [[到几为止, 每单位分], ...] | 必填 | 最后一段的上限可写 nil
  #   piecewise "B1", "基层工作年限", cap: 15, of: years(:months, :half_year_up), segments: [[10, 1.0], [nil, 0.5]]
  # facts: {"months": 187}
  # gives: B1 13.00 15 年 7 个月计 16 年：10 年 × 1.00 + 6 年 × 0.50 = 13.00，封顶 15
  # reads: B1 到 10 年的部分每年 1 分、超过 10 年的部分每年 0.5 分，满 6 个月按 1 年计

  # 分段线性：[[10, 1.0], [nil, 0.5]] = 到 10 为止每单位 1 分，以后每单位 0.5 分
  class Piecewise < Rule
    KIND = "piecewise"
    OPTIONS = [:of, :segments]

    def build(options)
      @of = quantity(options[:of])
      low = 0
      @segments = pairs(options[:segments], "segments: 应为 [[到几为止, 每单位分值], ...]", true).map do |high, per|
        fail_with("分段上限应逐段增大，只有最后一段可以是 nil") if low.nil? || (high && high <= low)
        segment = [low, high, per]
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

  # == step 台阶 by steps
  # 达到哪一档得哪一档的分，不累加。
  # - of: | 事实或 years(...) | 必填 | 数量
  # - steps: | [[达到, 分], ...] | 必填 | 次序不限
  #   step "D2", "推广面积（亩）", cap: 8, of: :area, steps: [[1000, 8], [500, 6], [200, 4]]
  # facts: {"area": 760}
  # gives: D2 6.00 760，达到 500 = 6.00
  # reads: D2 1000以上 8、500以上 6、200以上 4

  # 台阶：达到哪一档得哪一档的分 [[12, 15], [10, 14]]
  class Step < Rule
    KIND = "step"
    OPTIONS = [:of, :steps]

    def build(options)
      @of = quantity(options[:of])
      @steps = ladder(options[:steps], "steps: 应为 [[达到, 分值], ...]")
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

  # == pct_band 百分比分档 bands of a percentage
  # also: bands
  # - of: | 事实（百分数） | 必填 | 满意率等
  # - bands: | [[下限, 系数], ...] | 必填 | 得封顶的几成，1.0 是满分
  # - valid: | 事实（是或否） | 无 | 为否时无效，得 0 分
  # - invalid: | 文字 | 事实的说明 | 无效时怎样写
  #   pct_band "C3", "民主测评", cap: 3, of: :satisfied, valid: :quorum, invalid: "参加人数不足三分之二",
  #            bands: [[90, 1.0], [80, 0.8], [60, 0.3]]
  # facts: {"satisfied": 86.4, "quorum": true}
  # gives: C3 2.40 86.4%，80% 以上档：80% × 3.00 = 2.40
  # reads: C3 ≥90% 得满分的 100%、≥80% 得满分的 80%、≥60% 得满分的 30%

  # 满意率等百分比分档，按封顶折算；valid: 指定的事实为否时无效
  class PercentBand < Rule
    KIND = "pct_band"
    OPTIONS = [:of, :bands, :valid, :invalid]

    def build(options)
      need_cap
      @of = quantity(options[:of])
      @bands = ladder(options[:bands], "bands: 应为 [[百分比下限, 系数], ...]")
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

    private

    def quotes?(fact)
      fact == @valid
    end
  end

  # == ranking 名次赋分、强制分布 by rank
  # 逐名给分写 places:；按人数强制分布写 among: 和 shares:，名额向下取整。
  # - of: | 事实（名次） | 必填 | 第几名
  # - places: | [第 1 名的分, 第 2 名的分, ...] | 无 | 逐名给分
  # - rest: | 分 | 0 | 其余名次
  # - among: | 事实（人数） | 与 shares: 一起写 | 参加排名的人数
  # - shares: | [[前百分之几, 分], ...] | 无 | 从前往后
  #   ranking "C4", "民主推荐名次", cap: 20, of: :place, places: [20, 17, 14], rest: 8
  #   ranking "C5", "师德评议", cap: 6, of: :place, among: :people, shares: [[30, 6], [70, 4], [100, 2]]
  # facts: {"place": 7, "people": 20}
  # gives: C4 8.00 第 7 名 = 8.00
  # gives: C5 4.00 20 人中第 7 名，在前 70%（14 名）以内 = 4.00
  # reads: C4 第 1 名 20、第 2 名 17、第 3 名 14、其余 8
  # reads: C5 前 30% 6、前 70% 4、前 100% 2（强制分布，人数取整）

  # 名次赋分：places: 逐名给分，或 among: + shares: 按人数的百分比强制分布
  class Ranking < Rule
    KIND = "ranking"
    OPTIONS = [:of, :places, :rest, :among, :shares]

    def build(options)
      @of = reads(options[:of])
      fail_with("places: 和 shares: 要有且只有一种") unless options.key?(:places) != options.key?(:shares)
      options.key?(:places) ? build_places(options) : build_shares(options)
    end

    def measure(facts, _expert)
      place = whole(facts, @of)
      return Outcome.new(0, "名次 #{place} 无效，计 0 分") if place < 1
      @places ? by_place(place) : by_share(place, whole(facts, @among))
    end

    def rule
      return shares_rule unless @places
      words = (0...@places.length).map { |i| "第 #{i + 1} 名 #{Titled.number_text(@places[i])}" }
      words << "其余 #{Titled.number_text(@rest)}" if @rest > 0
      words.join("、")
    end

    private

    def build_places(options)
      fail_with("among: 只和 shares: 一起用") if options.key?(:among)
      list = options[:places]
      fail_with("places: 应为 [第 1 名分值, 第 2 名分值, ...]") unless list.is_a?(Array) && !list.empty?
      @places = list.map { |number| points(number, "名次分值") }
      @rest = options.key?(:rest) ? points(options[:rest], "其余 rest") : 0
    end

    def build_shares(options)
      fail_with("rest: 只和 places: 一起用") if options.key?(:rest)
      @among = reads(options[:among])
      @shares = pairs(options[:shares], "shares: 应为 [[前百分之几, 分值], ...]")
      low = 0
      @shares.each do |share, _value|
        fail_with("shares: 的百分比应逐档增大，到 100 为止") unless share > low && share <= 10000
        low = share
      end
    end

    def whole(facts, name)
      value = facts.need(name)
      raise ScriptError, "事实 #{name} 不是整数" unless value.is_a?(Integer) && value.abs <= Titled::FACT_MAX
      value
    end

    def by_place(place)
      value = @places[place - 1] || @rest
      Outcome.new(value, "第 #{place} 名 = #{Titled.points_text(value)}")
    end

    # The share of the people is counted in whole people, rounded down.
    def by_share(place, people)
      return Outcome.new(0, "#{people} 人中第 #{place} 名，名次无效，计 0 分") if place > people
      share, value = @shares.find { |row| place * 10000 <= row[0] * people }
      return Outcome.new(0, "#{people} 人中第 #{place} 名，不在分布以内，计 0 分") unless share
      seats = (share * people).div(10000)
      Outcome.new(value, "#{people} 人中第 #{place} 名，在前 #{Titled.number_text(share)}%（#{seats} 名）以内 = #{Titled.points_text(value)}")
    end

    def shares_rule
      @shares.map { |share, value| "前 #{Titled.number_text(share)}% #{Titled.number_text(value)}" }.join("、") + "（强制分布，人数取整）"
    end
  end

  # == ratio 达标满分，不足按比例 a share of the target
  # - of: | {事实 => 满分标准} | 必填 | 几项指标取比例最低的一项
  #   ratio "E2", "继续教育", cap: 3, of: {hours: 90, public_hours: 30}
  # facts: {"hours": 84, "public_hours": 20}
  # gives: E2 2.00 84/90，20/30，按最低比例 66.67% × 3.00 = 2.00
  # reads: E2 hours 达到 90且public_hours 达到 30满分，不足按比例（取最低的比例）

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

  # === 5 专家评分 experts
  # 每位专家在评审页上打分并锁定；怎样合成一个分数由标准规定，说明里写清。说明只写人数，不写谁打了几分。
  #
  # == expert 专家评分 judged by experts
  # - range: | 下限..上限 | 0..封顶 | 每位专家可打的分
  # - mean: | :trimmed 或 :plain | :trimmed | 去掉 1 个最高分和 1 个最低分后取均值，或直接取均值
  # - trim_from: | 人数 | 3 | 满几人才去极值，不足的直接取均值
  #   expert "D2", "教学质量", cap: 8, range: 0..8
  #   expert "D3", "代表性病案（3 份，盲评）", cap: 6, range: 0..6, mean: :plain
  # expert: {"D2": [500, 650, 700, 780], "D3": [400, 450, 500]}
  # gives: D2 6.75 4 名专家评分，去掉 1 个最高分和 1 个最低分，取均值 = 6.75
  # gives: D3 4.50 3 名专家评分，取均值 = 4.50
  # reads: D2 专家 0—8 分评分，去极值取均值
  # reads: D3 专家 0—6 分评分，取均值

  # 专家评分：the core passes the points of every submitted sheet in, the standard says how they count.
  # A single whole number is a mean that was made before (golden cases, older scores).
  class Expert < Rule
    KIND = "expert"
    OPTIONS = [:range, :mean, :trim_from]
    MEANS = [:trimmed, :plain]

    def build(options)
      need_cap
      fail_with("专家评分要单独成项，不能是组成部分") if @id.nil?
      @by = "expert"
      read_range(options[:range] || (0..@cap.div(100)))
      @mean = options[:mean] || :trimmed
      fail_with("mean: 应为 :trimmed（去极值）或 :plain（直接平均），写的是 #{@mean.inspect}") unless MEANS.include?(@mean)
      @trim_from = options[:trim_from] || 3
      fail_with("trim_from: 应为 3 以上的人数") unless @trim_from.is_a?(Integer) && @trim_from >= 3
    end

    def measure(_facts, expert)
      given = expert[@id]
      return Outcome.new(0, WAITS_FOR["expert"], true) if given.nil? || given == []
      return one(given) unless given.is_a?(Array)
      within = given.map { |points| inside(points) }.sort
      value, words = @mean == :trimmed && within.length >= @trim_from ? trimmed(within) : plain(within)
      words = "#{words}（超出 #{span} 分的按边界计）" if within != given.sort
      Outcome.new(value, "#{words} = #{Titled.points_text(value)}")
    end

    def rule
      return "专家 #{span} 分评分，取均值" if @mean == :plain
      from = @trim_from == 3 ? "" : "满 #{@trim_from} 人"
      "专家 #{span} 分评分，#{from}去极值取均值"
    end

    def row
      super.merge("min" => @low, "max" => @high)
    end

    def asks_expert?
      true
    end

    private

    def read_range(range)
      fail_with("range: 应为 下限..上限") unless range.is_a?(Range)
      @low, @high = points(range.first, "下限"), points(range.last, "上限")
      fail_with("评分范围 #{range} 超过封顶") if @high > @cap || @low > @high
    end

    def span
      "#{Titled.number_text(@low)}—#{Titled.number_text(@high)}"
    end

    def one(given)
      fail_with("专家评分 #{given} 不在 #{@low}—#{@high} 之内") unless given.is_a?(Integer) && given >= @low && given <= @high
      Outcome.new(given, "专家评分 = #{Titled.points_text(given)}")
    end

    # A sheet that was given under another range counts up to this one's ends.
    def inside(points)
      fail_with("专家评分 #{points.inspect} 不是整数（百分之一分）") unless points.is_a?(Integer)
      points < @low ? @low : points > @high ? @high : points
    end

    def trimmed(sorted)
      kept = sorted[1, sorted.length - 2]
      value, _words = plain(kept)
      [value, "#{sorted.length} 名专家评分，去掉 1 个最高分和 1 个最低分，取均值"]
    end

    def plain(sorted)
      sum = sorted.inject(0) { |all, points| all + points }
      [Titled.divide(sum, sorted.length), "#{sorted.length} 名专家评分，取均值"]
    end
  end

  # == deduct 扣分 deductions
  # 满分（封顶）起扣，扣完为止。
  # - of: | 事实或 years(...) | 必填 | 次数
  # - each: | 分 | 必填 | 每次扣几分
  #   deduct "C6", "出勤", cap: 3, of: :absences, each: 0.5
  # facts: {"absences": 2}
  # gives: C6 2.00 3.00 − 2 次 × 0.50 = 2.00
  # reads: C6 满分起扣，每次扣 0.5 分，扣完为止

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
