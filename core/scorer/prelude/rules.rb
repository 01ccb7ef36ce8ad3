# rules.rb - what every rule is and has, and the kinds of items that look a grade up.

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

    def modify(modifier)
      @modifiers = (@modifiers || []) + [modifier]
      fail_with("最多 #{Modifier::TIMES_MAX} 个 times: 系数") if @modifiers.count { |one| one.times? } > Modifier::TIMES_MAX
      @facts = (@facts + modifier.facts).uniq
    end

    # What its item has for every dossier.
    def head
      {"id" => @id, "name" => @name, "kind" => kind, "cap" => @cap, "scorer" => @by, "facts" => @facts}
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
      times = counted(facts.entries(@of), last)
      return Outcome.new(0, "近 #{@window} 年无考核记录，计 0 分") if times.empty?
      years, sum, words = 0, 0, []
      times.each do |grade, count|
        value = @table[grade] || 0
        years += count
        sum += count * value
        words << "#{grade} #{count} 次 × #{Titled.points_text(value)}"
      end
      sentence = "近 #{@window} 年实有 #{years} 年：#{words.join(" + ")} = #{Titled.points_text(sum)}"
      return Outcome.new(sum, sentence) if years >= @window
      scaled = Titled.divide(sum * @window, years)
      Outcome.new(scaled, "#{sentence}，÷ #{years} × #{@window} = #{Titled.points_text(scaled)}")
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

    # How often each grade was given in the window, in the order of the list.
    def counted(entries, last)
      times = {}
      entries.each do |entry|
        year, grade = entry["year"], entry["grade"]
        next if year > last || year <= last - @window || @skip.include?(grade)
        times[grade] = (times[grade] || 0) + 1
      end
      times
    end
  end
end
