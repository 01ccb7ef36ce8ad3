# standard.rb - the language in which scoring standards are written (评审条件与量化赋分标准). What becomes of a
# standard is in scoring.rb.
#
# Comments that begin with "# ==" are the authors' reference (core/cli/reference.c).
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
# Scripts are pure: no clock, no random numbers, no memory from one dossier to the next. A script may have methods and
# constants of its own for its blocks; the language itself, and the standard once it was read, are frozen (seal.c).

module Titled
  class Section
    attr_reader :id, :name, :cap, :items

    def initialize(id, name, cap)
      @id, @name, @cap, @items = id, name, cap, []
    end
  end

  # `self` of a script's block. Every method below is a word of the language.
  class Standard
    attr_reader :series, :level, :sections, :conditions, :vetoes, :warnings, :exclusions, :components
    attr_reader :rules # in the order in which a trial asks them (tally.rb)

    def initialize(series, level, known)
      @series, @level, @known = series, level, known
      @name, @basis, @line, @cap, @ties = "", [], nil, 10000, []
      @sections, @conditions, @vetoes, @adjustments, @ids = [], [], [], {}, []
      @exclusions, @components, @items, @line_by = [], [], {}, nil
      @section, @parts, @component, @said = nil, nil, nil, []
    end

    # === 1 标准与结构 structure
    # 一份标准是一个文件：一个 `standard "系列", "层级" do ... end`，里面先写标准的头，再写申报条件、一票否决，
    # 最后是各部分（section）和项目。分值照人写的写（6、1.5，最多两位小数），内部存为整数的百分之一分；
    # 四舍五入只在算式最后做一次，逢五进一。封顶逐层生效：组成部分、项目、部分、总分。
    #
    # == standard 一份标准 a standard
    # 系列（series）和层级（level）必须与草稿的系列、层级一致。一个文件只写一份。
    #   standard "sample", "junior" do
    #     name "示例员量化赋分标准"
    #     section "A", "考核", cap: 6 do
    #       tier "A1", "单位考核", cap: 6, of: :grade, table: {"优秀" => 6, "合格" => 4}, by: "unit"
    #     end
    #   end
    # facts: {"grade": "优秀"}
    # gives: A1 6.00 优秀 = 6.00
    # gives: total 6.00
    #
    # == name 标准的名称 title
    #   name "一级教师（中级）定向评价量化赋分标准"
    #
    # == basis 依据 legal basis
    # 一条或几条文件名称，公开表上显示。
    #   basis "《职称评审管理暂行规定》（人社部令第40号）", "实施方案 二（一）"
    #
    # == total_cap 总分 full marks
    # 默认 100。各部分封顶合计不能超过它。
    #   total_cap 120

    # -- head
    def name(text = nil)
      @name = once(:name, text.to_s) if text
      @name
    end

    def basis(*texts)
      @basis = texts.flatten.map { |text| text.to_s } unless texts.empty?
      @basis
    end

    # == reference_line 参考线 reference line
    # 用于排序和显示；是否通过由评审委员会表决。可按所在单位层级（或别的事实）分设：事实值不在表内的用前面的数。
    # - （数字） | 分 | 无 | 一般的参考线
    # - of: | 事实 | 无 | 按哪个事实分设，如 :unit_tier 所在单位层级
    # - table: | {值 => 分} | 无 | 每个值的参考线
    #   reference_line 60, of: :unit_tier, table: {"村庄" => 50, "乡镇" => 50, "涉农街道" => 55}
    # facts: {"unit_tier": "乡镇"}
    # gives: line 50.00 unit_tier：乡镇

    # 参考线：for ranking and display; people decide. With of: and table: it depends on a fact, for
    # example on the tier of the unit; `number` is for who is not in the table (nil: no line).
    def reference_line(number = nil, of: nil, table: nil)
      return @line if number.nil? && of.nil? && table.nil?
      @line = once(:reference_line, number.nil? ? nil : Titled.hundredths(number, "reference_line"))
      raise ScriptError, "reference_line：of: 和 table: 要一起写" if of.nil? != table.nil?
      @line_by = of && Lookup.new(of, table)
      raise ScriptError, "reference_line：没有事实 #{of}" if of && !knows?(of.to_s)
      @line
    end

    # {"reference_line"} for a dossier, with the reason where the line depends on a fact.
    def line_for(facts)
      return {"reference_line" => @line} unless @line_by
      value = facts[@line_by.fact]
      line = value.nil? ? nil : @line_by.table[value.to_s]
      because = value.nil? ? "#{line_fact}未填报" : line.nil? ? "#{line_fact}：#{value}，不在表内" : "#{line_fact}：#{value}"
      {"reference_line" => line || @line, "reference_line_because" => because}
    end

    # "所在单位层级：乡镇级 50、区县级 60；其他 60"
    def line_rule
      return nil unless @line_by
      rest = @line ? "；其他 #{Titled.number_text(@line)}" : ""
      "#{line_fact}：#{@line_by.rule}#{rest}"
    end

    def total_cap(number = nil)
      @cap = once(:total_cap, positive(number, "total_cap")) if number
      @cap
    end

    # A cap that is zero or less would take points away from everybody.
    def positive(number, what)
      hundredths = Titled.hundredths(number, what)
      raise ScriptError, "#{what}应大于 0" unless hundredths > 0
      hundredths
    end

    # == tie_break 同分排序 tie-break
    # 总分相同时依次比较，高者在前：部分、项目写编号，事实写 :名称（是为 1、否为 0），要按档次排的写 lookup。
    #   tie_break "B", "B1", :at_village, lookup(:unit_tier, "村庄" => 2, "乡镇" => 1), :age
    #   section "B", "基层工作年限", cap: 15 do
    #     linear "B1", "年限", cap: 15, of: :years, per: 1
    #   end
    # facts: {"years": 9, "at_village": true, "unit_tier": "乡镇", "age": 45}
    # gives: ties 9.00 900, 900, 1, 100, 45

    # 同分排序：ids of sections and items (text), facts (symbols) or lookups, most important first, higher
    # first.
    def tie_break(*keys)
      @ties = once(:tie_break, keys.flatten) unless keys.empty?
      @ties
    end

    # === 7 读取的量 quantities
    # `of:` 读一个事实：写 `of: :grade`。事实是系列插件从申报材料得出的有名字的值，见 `plugins/<系列>/form.json`；
    # 写错名字会指出来。月数要按年计时用 `years`，随另一个事实变化的数用 `lookup`。
    #
    # == years 按年计月数 years from months
    # - （第 1 个） | 事实（月数） | 必填 | 读取哪个事实
    # - （第 2 个） | 取整方式 | :full_year | :full_year 按满年计；:half_year_up 满 6 个月按 1 年；:nine_months 满 9 个月按 1 年；:exact 按月折算
    #   linear "B1", "满年", cap: 20, of: years(:months), per: 1
    #   linear "B2", "半年进一", cap: 20, of: years(:months, :half_year_up), per: 1
    #   linear "B3", "九个月进一", cap: 20, of: years(:months, :nine_months), per: 1
    #   linear "B4", "按月折算", cap: 20, of: years(:months, :exact), per: 1
    # facts: {"months": 115}
    # gives: B1 9.00 9 年 7 个月计 9 年 × 1.00 = 9.00，封顶 20
    # gives: B2 10.00 9 年 7 个月计 10 年 × 1.00 = 10.00，封顶 20
    # gives: B3 9.00 9 年 7 个月计 9 年 × 1.00 = 9.00，封顶 20
    # gives: B4 9.58 9 年 7 个月计 9.58 年 × 1.00 = 9.58，封顶 20

    # -- what to read
    def years(fact, rounding = :full_year)
      Years.new(fact, rounding)
    end

    # == lookup 随事实变化的数 a number by another fact
    # 可用在 `at_least:`、`at_most:`、`above:`、`per:` 和 `tie_break`。先起个名字，再到处用，改一处即可。
    #   tenure = lookup :education, "本科" => 4, "大专" => 4, "中专" => 5
    #   linear "B2", "任现职年限", cap: 5, of: years(:tenure_months), above: tenure, per: 1
    # facts: {"education": "中专", "tenure_months": 96}
    # gives: B2 3.00 8 年，超过 5 年（中专）的部分 3 年 × 1.00 = 3.00，封顶 5

    def lookup(fact, table)
      raise ScriptError, "lookup(#{fact.inspect})：应写 {\"值\" => 数}" unless table.is_a?(Hash) && !table.empty?
      Lookup.new(fact, table)
    end

    # == points 代码块里的分 points in blocks
    # `points(0.5)` 是 50（百分之一分）。只在 `adjust` 的代码块里需要。
    #   linear "A1", "年限", cap: 5, of: :years, per: 1
    #   adjust("A1", "双语教学") { |got, facts| facts[:bilingual] ? got + points(0.5) : got }
    # facts: {"years": 3, "bilingual": true}
    # gives: A1 3.50 3 × 1.00 = 3.00，封顶 5；双语教学：3.00 → 3.50

    # Points for the blocks of `adjust`: points(0.5) -> hundredths.
    def points(number)
      Titled.hundredths(number, "points")
    end

    # -- who may apply, what rules out
    def condition(id, name, **options, &block)
      options[:block] = block if block
      @conditions << claim(id, Condition.new(self, id.to_s, name, options))
      Titled.mark("")
    end

    def veto(id, name, **options, &block)
      options[:block] = block if block
      @vetoes << claim(id, Veto.new(self, id.to_s, name, options))
      Titled.mark("")
    end

    # == section 部分 a section
    # - cap: | 分 | 必填 | 本部分封顶，各项合计超过时按封顶计
    #   section "B", "基层工作年限", cap: 5 do
    #     linear "B1", "基层年限", cap: 4, of: :years, per: 1
    #     linear "B2", "艰苦岗位", cap: 4, of: :hardship, per: 0.5
    #   end
    # facts: {"years": 4, "hardship": 6}
    # gives: B1 4.00 4 × 1.00 = 4.00，封顶 4
    # gives: B2 3.00 6 × 0.50 = 3.00，封顶 4
    # gives: total 5.00

    # -- sections and items
    def section(id, name, cap:)
      raise ScriptError, "#{id}：section 里不能再有 section" if @section
      @section = claim(id, Section.new(id.to_s, name, positive(cap, "#{id} 的封顶")))
      @sections << @section
      @component.sections << @section if @component
      yield
      @section = nil
    end

    # == component 按权重计入的部分 a weighted component
    # 考试、答辩、材料业绩等各自满分、按权重折算时用。有 component 时，所有 section 都写在 component 里，权重合计 100。
    # - weight: | 百分数 | 必填 | 计入总分的权重
    # - cap: | 分 | 100 | 本 component 自己的满分
    #   component "M", "材料业绩", weight: 70 do
    #     section "A", "业绩", cap: 100 do
    #       linear "A1", "业绩分", cap: 100, of: :material, per: 1
    #     end
    #   end
    #   component "D", "答辩", weight: 30 do
    #     section "B", "答辩", cap: 100 do
    #       linear "B1", "答辩成绩", cap: 100, of: :defence, per: 1
    #     end
    #   end
    # facts: {"material": 95.55, "defence": 81.01}
    # gives: M 66.89 95.55 × 70% = 66.89
    # gives: D 24.30 81.01 × 30% = 24.30
    # gives: total 91.19

    # A table that counts with a weight (考试、答辩、材料业绩): its sections are in the block.
    def component(id, name, weight:, cap: 100)
      raise ScriptError, "#{id}：component 里不能再有 component" if @component
      raise ScriptError, "#{id}：component 不能写在 section 里" if @section
      share, full = positive(weight, "#{id} 的权重 weight"), positive(cap, "#{id} 的满分 cap")
      @component = claim(id, Component.new(id.to_s, name, share, full))
      @components << @component
      yield
      @component = nil
    end

    def tier(*names, **options)         add(Tier, names, options) end
    def tier_ratio(*names, **options)   add(TierRatio, names, options) end
    def tier_sum_avg(*names, **options) add(TierSumAverage, names, options) end
    def linear(*names, **options)       add(Linear, names, options) end
    def piecewise(*names, **options)    add(Piecewise, names, options) end
    def step(*names, **options)         add(Step, names, options) end
    def pct_band(*names, **options)     add(PercentBand, names, options) end
    def ranking(*names, **options)      add(Ranking, names, options) end
    def ratio(*names, **options)        add(Ratio, names, options) end
    def top_n(*names, **options)        add(TopN, names, options) end
    def matrix(*names, **options)       add(Matrix, names, options) end
    def expert(*names, **options)       add(Expert, names, options) end
    def deduct(*names, **options)       add(Deduct, names, options) end

    alias window_average tier_sum_avg
    alias bands pct_band

    # Over a list fact (of:, key:, table:), or over the rules in a block.
    def best_of(*names, **options, &block)
      block ? combine(BestOfParts, names, options, block) : add(BestOf, names, options)
    end

    def sum_of(*names, **options, &block)
      block ? combine(SumOfParts, names, options, block) : add(SumOf, names, options)
    end

    # === 6 项目之间与本地调整 relations and local rules
    #
    # == adjust 本地调整 a local rule with a block
    # 别的词写不出的规则用代码块：得到该项的分（百分之一分）和事实，返回新的分；封顶仍然有效。原因写进说明。
    # - （第 1 个） | 项目编号 | 必填 | 要写在项目之后
    # - （第 2 个） | 文字 | 必填 | 原因，显示给申报人
    # - 代码块 | {得分, 事实} | 必填 | 返回整数；facts[:名称] 没有值时是 nil
    #   tier "A1", "教学工作量", cap: 8, of: :workload, table: {"达标" => 6}
    #   adjust("A1", "两个以上年级复式教学") { |got, facts| facts[:grades] >= 2 ? got + points(1) : got }
    # facts: {"workload": "达标", "grades": 3}
    # gives: A1 7.00 达标 = 6.00；两个以上年级复式教学：6.00 → 7.00
    # reads: A1 达标 6；调整：两个以上年级复式教学

    # A local rule on top of an item: the block gets its points (hundredths) and the facts and answers
    # the new points (hundredths); the item's cap still holds.
    def adjust(id, reason, &block)
      raise ScriptError, "#{id}：adjust 要有代码块" unless block
      raise ScriptError, "#{id}：adjust 的项目还没有定义" unless @items.key?(id.to_s)
      raise ScriptError, "#{id}：adjust 要写明原因" unless reason.is_a?(String) && !reason.empty?
      (@adjustments[id.to_s] ||= []) << [reason, block]
    end

    # 调整系数 of an item: adds or multiplies when the question is met.
    def modify(id, name, **options, &block)
      options[:block] = block if block
      item = @items[id.to_s]
      raise ScriptError, "#{id}：modify 的项目还没有定义" unless item
      item.modify(Modifier.new(self, id.to_s, name, options))
      Titled.mark("")
    end

    # 互斥：only one of these items counts. An item is in one exclusion at most, so that there is never a
    # circle of items that exclude each other.
    def exclusive(*ids, keep: :higher)
      ids = ids.flatten.map { |id| id.to_s }
      ids.each do |id|
        raise ScriptError, "exclusive：没有项目 #{id}（要写在项目之后）" unless @items.key?(id)
        other = @exclusions.find { |one| one.ids.include?(id) }
        raise ScriptError, "exclusive：#{id} 已在 #{other.ids.join("、")} 的互斥里，一个项目只能在一组里" if other
      end
      @exclusions << Exclusion.new(ids, keep)
    end

    # A word that the language does not have, or a name that was never given. What trials look for (rand,
    # srand) is told as everywhere else.
    def method_missing(word, *_values)
      raise ScriptError, "没有“#{word}”这个词，也没有这个名字（undefined method '#{word}'）；可用的有 #{WORDS.join("、")}"
    end

    WORDS = [:name, :basis, :reference_line, :total_cap, :tie_break, :years, :lookup, :points, :condition, :veto,
             :component, :section, :tier, :tier_ratio, :tier_sum_avg, :window_average, :linear, :piecewise, :step,
             :pct_band, :bands, :ranking, :ratio, :best_of, :sum_of, :top_n, :matrix, :expert, :deduct, :modify,
             :exclusive, :adjust]

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

    # Must it be scored whole? Its items bear on each other, or its line depends on a fact.
    def whole?
      !@exclusions.empty? || !@components.empty? || !@line_by.nil?
    end

    # The checks that need the whole script.
    def finish
      raise ScriptError, "没有任何 section" if @sections.empty?
      @components.empty? ? check_caps(@sections, @cap, "总分") : check_components
      raise ScriptError, "reference_line：参考线超过总分 #{Titled.number_text(@cap)}" if [@line, *(@line_by ? @line_by.table.values : [])].compact.any? { |line| line > @cap }
      check_ties
      @warnings = unreachable + without_basis
      @rules = @conditions + @vetoes + @sections.map { |section| section.items }.flatten(1)
      self
    end

    private

    # A second line of the head would silently win over the first.
    def once(word, value)
      raise ScriptError, "#{word} 写了两次" if @said.include?(word)
      @said << word
      value
    end

    def check_caps(sections, cap, whole)
      sum = sections.inject(0) { |all, section| all + section.cap }
      raise ScriptError, "各部分封顶合计 #{Titled.number_text(sum)}，超过#{whole} #{Titled.number_text(cap)}" if sum > cap
    end

    def check_components
      inside = @components.inject([]) { |all, component| all + component.sections }
      outside = @sections.reject { |section| inside.include?(section) }
      raise ScriptError, "#{outside[0].id}：有 component 时，section 都要写在 component 里" unless outside.empty?
      @components.each do |component|
        raise ScriptError, "#{component.id}：component 里没有 section" if component.sections.empty?
        check_caps(component.sections, component.cap, "#{component.id} 的满分")
      end
      weights = @components.inject(0) { |all, component| all + component.weight }
      raise ScriptError, "各 component 的权重合计 #{Titled.number_text(weights)}，应为 100" if weights != 10000
      full = @components.inject(0) { |all, component| all + component.full }
      raise ScriptError, "各 component 折算合计 #{Titled.number_text(full)}，超过总分 #{Titled.number_text(@cap)}" if full > @cap
    end

    def check_ties
      raise ScriptError, "tie_break：同一项写了两次" unless @ties.uniq.length == @ties.length
      @ties.each do |key|
        good = key.is_a?(Lookup) ? knows?(key.fact) : key.is_a?(Symbol) ? knows?(key.to_s) : @ids.include?(key)
        raise ScriptError, "tie_break：没有 #{key.is_a?(Lookup) ? key.fact : key.inspect}" unless good
      end
    end

    def unreachable
      @sections.select { |section| reachable(section) < section.cap }.map do |section|
        "#{section.id} #{section.name}：各项封顶合计 #{Titled.number_text(reachable(section))}，达不到本部分封顶 #{Titled.number_text(section.cap)}"
      end
    end

    def without_basis
      @conditions.select { |condition| condition.basis.empty? }.map do |condition|
        "#{condition.id} #{condition.name}：没有写依据 basis:"
      end
    end

    def line_fact
      fact_name(@line_by.fact) || @line_by.fact
    end

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
      item = kind.new(self, id.to_s, name, options)
      positive(options[:cap], "#{id} #{name} 的封顶")
      @section.items << claim(id, item)
      @items[id.to_s] = item
      Titled.mark("")
    end

    def combine(kind, names, options, block)
      raise ScriptError, "#{names.join(" ")}：组成部分里不能再有组成部分" if @parts
      @parts = []
      block.call
      parts, @parts = @parts, nil
      add(kind, names, options.merge(parts: parts))
    end
  end
end
