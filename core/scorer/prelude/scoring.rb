# scoring.rb - what the worker calls: a script becomes a standard, a dossier a score, a standard a table.
# Shapes are in core/scoring/protocol.h.

module Titled
  @facts = {}

  # Tells which facts a series has ([{"id", "name"}], "facts" of form.json), so that a script that asks
  # for another one is refused when it is loaded. Without it names are not checked.
  def self.declare(series, facts)
    names = {}
    (facts || []).each { |fact| names[fact["id"]] = fact["name"] }
    @facts[series] = names.empty? ? nil : names
  end

  def self.define(series, level, block)
    raise ScriptError, "一个文件里只能有一个 standard" if $standard
    standard = Standard.new(series, level, @facts[series])
    standard.instance_eval(&block)
    mark("")
    $standard = standard.finish # Titled itself is frozen (seal.c)
  end

  # The standard that the source defined, once; nil when it defined none.
  def self.take
    standard, $standard = $standard, nil
    standard
  end

  # SCORE of protocol.h. Beyond it: "tie_break" is the list of numbers to compare, higher first.
  # `eligible` = all conditions and all gates met. A veto makes the total 0; the items keep their points.
  def self.score(standard, input)
    facts = Facts.new(input["facts"], standard)
    sections = standard.sections.map { |section| score_section(standard, section, facts, input["expert"] || {}) }
    exclude(standard, sections) unless standard.exclusions.empty?
    conditions = standard.conditions.map { |rule| rule.ask(facts) }
    vetoes = standard.vetoes.map { |rule| rule.ask(facts) }
    vetoed = vetoes.any? { |veto| veto["met"] }
    gates = input["gates"] || []
    weighed = standard.components.empty? ? {} : {"components" => weigh(standard, sections)}
    total = (weighed["components"] || sections).inject(0) { |all, part| all + part["points"] }
    total = standard.total_cap if total > standard.total_cap
    {"total" => vetoed ? 0 : total, "cap" => standard.total_cap, "vetoed" => vetoed,
     "eligible" => conditions.all? { |one| one["met"] } && gates.all? { |gate| gate["met"] },
     "conditions" => conditions, "vetoes" => vetoes, "sections" => sections,
     "tie_break" => ties(standard, sections, facts)}.merge(standard.line_for(facts)).merge(weighed)
  end

  # Takes the points of items that others exclude, and adds the sections up again.
  def self.exclude(standard, sections)
    items = {}
    sections.each { |section| section["items"].each { |item| items[item["id"]] = item } }
    standard.exclusions.each { |exclusion| exclusion.apply(items) }
    sections.each do |section|
      sum = section["items"].inject(0) { |all, item| all + item["points"] }
      section["points"] = sum > section["cap"] ? section["cap"] : sum
    end
  end

  def self.weigh(standard, sections)
    standard.components.map do |component|
      ids = component.sections.map { |section| section.id }
      own = sections.select { |section| ids.include?(section["id"]) }
      component.score(own.inject(0) { |all, section| all + section["points"] })
    end
  end

  # The standard as people read it: an array of rows, each with "part" = head | condition | veto |
  # section (with "items") | adjust.
  def self.table(standard)
    head = {"part" => "head", "name" => standard.name, "series" => standard.series, "level" => standard.level,
            "basis" => standard.basis, "reference_line" => standard.reference_line, "cap" => standard.total_cap,
            "tie_break" => standard.tie_break.map { |key| tie_words(standard, key) },
            "warnings" => standard.warnings}
    head["reference_line_rule"] = standard.line_rule if standard.line_rule
    head["components"] = standard.components.map { |component| component.row } unless standard.components.empty?
    sections = standard.sections.map do |section|
      {"part" => "section", "id" => section.id, "name" => section.name, "cap" => section.cap,
       "items" => section.items.map { |item| item_row(standard, item) }}
    end
    [head] + standard.conditions.map { |rule| rule.row } + standard.vetoes.map { |rule| rule.row } + sections
  end

  def self.tie_words(standard, key)
    return key unless key.is_a?(Symbol) || key.is_a?(Lookup)
    fact = key.is_a?(Lookup) ? key.fact : key.to_s
    standard.fact_name(fact) || fact
  end

  def self.item_row(standard, item)
    reasons = standard.exclusions.select { |one| one.ids.include?(item.id) }.map { |one| one.words(item.id) }
    reasons += standard.adjustments(item.id).map { |reason, _block| "调整：#{reason}" }
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
    points, because, pending = adjusted(standard, item, facts, expert)
    item.head.merge("points" => points, "because" => because, "pending" => pending)
  end

  # [points, sentence, waits for somebody], with what `adjust` made of it.
  def self.adjusted(standard, item, facts, expert)
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
    [points, because, outcome.pending]
  end

  def self.ties(standard, sections, facts)
    points = {}
    sections.each do |section|
      points[section["id"]] = section["points"]
      section["items"].each { |item| points[item["id"]] = item["points"] }
    end
    standard.tie_break.map do |key|
      value = key.is_a?(Symbol) ? facts[key] : key.is_a?(Lookup) ? key.table[facts[key.fact].to_s] : points[key]
      value == true ? 1 : value.is_a?(Integer) || value.is_a?(Float) ? value : 0
    end
  end
end

# standard "teacher", "intermediate" do ... end
def standard(series, level, &block)
  raise Titled::ScriptError, "standard 要有代码块" unless block
  Titled.define(series, level, block)
end
