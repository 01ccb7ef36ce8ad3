# standard.rb - the language in which scoring standards are written (评审条件与量化赋分标准), and what the
# worker calls: Titled.take, Titled.score, Titled.table. Shapes are in core/scoring/protocol.h.
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

module Titled
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
      @cap = positive(number, "total_cap") if number
      @cap
    end

    # A cap that is zero or less would take points away from everybody.
    def positive(number, what)
      hundredths = Titled.hundredths(number, what)
      raise ScriptError, "#{what}应大于 0" unless hundredths > 0
      hundredths
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
      @section = claim(id, Section.new(id.to_s, name, positive(cap, "#{id} 的封顶")))
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
      item = kind.new(self, id.to_s, name, options)
      positive(options[:cap], "#{id} #{name} 的封顶")
      @section.items << claim(id, item)
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
