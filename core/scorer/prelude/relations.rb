# relations.rb - what acts on items that are already there: modifiers of one item, items that exclude
# each other, components that weigh whole tables.

module Titled
  # === 6
  #
  # == modify 调整系数 a modifier of an item
  # 全日制加分、后取学历减分、借调减半等：判断同 condition，成立时加（减）分或乘系数，在封顶之前；没有得分的项目不变。
  # 几个依次计算，只在最后四舍五入一次。
  # - （第 1 个） | 项目编号 | 必填 | 要写在项目之后
  # - （第 2 个） | 文字 | 必填 | 名称，写进说明
  # - add: | 分 | 与 times: 二选一 | 加几分，减分写负数
  # - times: | 系数 | 与 add: 二选一 | 乘以几，每个项目最多 3 个
  # - of: | 事实或 years(...) | 必填（代码块除外） | 读取哪个事实
  # - is: | 值 | 无 | 等于
  # - one_of: | 值的列表 | 无 | 是其中之一
  # - at_least: | 数或 lookup | 无 | 不少于
  # - at_most: | 数或 lookup | 无 | 不超过
  # - any: | 等次 | 无 | 历年结果里有其中之一
  # - none: | 等次 | 无 | 历年结果里没有
  # - window: | 年数 | 全部年度 | 只看近几年，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - basis: | 文字 | 无 | 依据
  # - 代码块 | {事实} | 无 | 返回 true、false
  #   tier "E1", "学历", cap: 8, of: :education, table: {"本科" => 6, "大专" => 4}
  #   modify "E1", "全日制", of: :study_form, is: "全日制", add: 1
  #   modify "E1", "后取学历", of: :later_degree, is: true, add: -2
  #   linear "B3", "本单位工龄", cap: 9, of: :unit_years, per: 0.3
  #   modify "B3", "借调减半", of: :seconded, is: true, times: 0.5
  # facts: {"education": "本科", "study_form": "全日制", "later_degree": true, "unit_years": 9, "seconded": true}
  # gives: E1 5.00 本科 = 6.00；全日制 +1，后取学历 −2，得 5.00
  # gives: B3 1.35 9 × 0.30 = 2.70；借调减半 ×0.5，得 1.35，封顶 9
  # reads: E1 本科 6、大专 4；全日制 +1；后取学历 −2

  # 调整系数：modify "E1", "全日制", of: :study_form, is: "全日制", add: 1
  # Asks like a condition; when it is met, adds points or multiplies by a share, before the item's cap.
  # An item without points stays without.
  class Modifier < Question
    KIND = "modify"
    OPTIONS = Question::OPTIONS + [:add, :times]
    TIMES_MAX = 3 # of one item; with these bounds the exact product fits 64 bits
    POINTS_MAX = SCRIPT_MAX * 100

    def build(options)
      super
      fail_with("add: 和 times: 要有且只有一个") unless options.key?(:add) != options.key?(:times)
      fail_with("modify 没有 cap:，封顶写在项目上") if options.key?(:cap)
      @add = options.key?(:add) ? points(options[:add], "加分 add") : nil
      @times = options.key?(:times) ? points(options[:times], "系数 times") : nil
      fail_with("系数 times: 应在 0 与 10 之间") if @times && (@times < 0 || @times > 1000)
    end

    # All modifiers of an item in the order written; the product is exact and rounded once.
    def self.apply(modifiers, outcome, facts)
      return outcome if outcome.points <= 0
      amount = outcome.points > POINTS_MAX ? POINTS_MAX : outcome.points
      unit, words, pending = 1, [], outcome.pending
      modifiers.each do |modifier|
        met, waits = modifier.met(facts)
        pending ||= waits
        next unless met
        amount, unit = modifier.change(amount, unit)
        words << modifier.effect
      end
      return outcome if words.empty? && pending == outcome.pending
      value = Titled.divide(amount, unit)
      value = 0 if value < 0
      sentence = outcome.sentence
      sentence = "#{sentence}；#{words.join("，")}，得 #{Titled.points_text(value)}" unless words.empty?
      Outcome.new(value, sentence, pending)
    end

    # Whether it holds, and whether an official has still to say so.
    def met(facts)
      [answer(facts)[0], false]
    rescue Missing => missing
      [false, WAITS_FOR.key?(facts.by(missing.fact))]
    end

    # amount / unit, changed.
    def change(amount, unit)
      @add ? [amount + @add * unit, unit] : [amount * @times, unit * 100]
    end

    def times?
      !@times.nil?
    end

    # "全日制 +1"
    def effect
      return "#{@name} ×#{Titled.number_text(@times)}" if @times
      @add < 0 ? "#{@name} −#{Titled.number_text(-@add)}" : "#{@name} +#{Titled.number_text(@add)}"
    end

    private

    # It says its name, not why it holds.
    def quotes?(_fact)
      false
    end
  end

  # == exclusive 不重复计分 items that exclude each other
  # 写在这些项目之后。一个项目只能在一组里，因此不会循环。
  # - （各个） | 项目编号 | 必填，至少两个 | 可以在不同的部分
  # - keep: | :higher 或 :first | :higher | 取高，或按先后取第一个有分的
  #   linear "A3", "驻村", cap: 3, of: :village_years, per: 1
  #   linear "B3", "艰苦岗位", cap: 5, of: :hardship_years, per: 0.5
  #   exclusive "A3", "B3"
  # facts: {"village_years": 2, "hardship_years": 6}
  # gives: A3 0.00 2 × 1.00 = 2.00，封顶 3；与 B3 不重复计分，2.00 → 0.00
  # gives: B3 3.00 6 × 0.50 = 3.00，封顶 5
  # reads: A3 每项 1 分；与 B3 不重复计分，取高

  # 互斥：exclusive "A3", "B3" - only one of the items counts, the highest (keep: :higher) or the first
  # that has points (keep: :first); the others get 0.
  class Exclusion
    attr_reader :ids

    KEEP = {higher: "取高", first: "按先后取第一个有分的"}

    def initialize(ids, keep)
      @ids, @keep = ids, keep
      raise ScriptError, "exclusive：至少写两个项目" if ids.length < 2
      raise ScriptError, "exclusive：同一个项目写了两次" unless ids.uniq.length == ids.length
      raise ScriptError, "exclusive：keep: 应为 :higher 或 :first，写的是 #{keep.inspect}" unless KEEP.key?(keep)
    end

    # `items` are results by id; points are taken from those that do not count.
    def apply(items)
      scored = @ids.map { |id| items[id] }.select { |item| item["points"] > 0 }
      return if scored.length < 2
      kept = scored[0]
      scored.each { |item| kept = item if item["points"] > kept["points"] } if @keep == :higher
      scored.each do |item|
        next if item["id"] == kept["id"]
        item["because"] = "#{item["because"]}；与 #{kept["id"]} 不重复计分，#{Titled.points_text(item["points"])} → 0.00"
        item["points"] = 0
      end
    end

    def words(id)
      "与 #{@ids.reject { |one| one == id }.join("、")} 不重复计分，#{KEEP[@keep]}"
    end
  end

  # 权重：component "M", "材料业绩", weight: 70 do ... sections ... end. Its sections add up to `cap`
  # (100), of which `weight` per cent counts.
  class Component
    attr_reader :id, :name, :weight, :cap, :sections

    def initialize(id, name, weight, cap)
      @id, @name, @weight, @cap, @sections = id, name, weight, cap, []
    end

    def score(points)
      sum = points > @cap ? @cap : points
      counts = Titled.divide(sum * @weight, 10000)
      {"id" => @id, "name" => @name, "points" => counts, "cap" => full,
       "because" => "#{Titled.points_text(sum)} × #{Titled.number_text(@weight)}% = #{Titled.points_text(counts)}"}
    end

    # What it adds to the total at most.
    def full
      Titled.divide(@cap * @weight, 10000)
    end

    def row
      {"id" => @id, "name" => @name, "cap" => @cap, "weight" => @weight,
       "rule" => "满分 #{Titled.number_text(@cap)}，按 #{Titled.number_text(@weight)}% 计入总分",
       "sections" => @sections.map { |section| section.id }}
    end
  end
end
