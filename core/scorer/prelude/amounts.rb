# amounts.rb - the kinds of items that count: so much for each, by segments, steps, bands, places, targets.

module Titled
  # === 3

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
      fact == @valid && !@options[:invalid]
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
