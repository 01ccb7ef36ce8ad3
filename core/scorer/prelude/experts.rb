# experts.rb - the kind of item that experts judge, and how their sheets make one number.

module Titled
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
end
