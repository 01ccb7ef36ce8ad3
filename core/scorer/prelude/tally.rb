# tally.rb - what a trial asks of a standard rule by rule (scorer/tally.c): which rules there are and what each reads of
# a dossier, so that an answer serves every dossier that is equal in it.

module Titled
  # nil for a standard that must be scored whole: its items bear on each other, or its line depends on a fact.
  def self.plan(standard)
    return nil if standard.whole?
    rules = standard.rules
    {"cap" => standard.total_cap, "reference_line" => standard.reference_line,
     "conditions" => standard.conditions.length, "vetoes" => standard.vetoes.length,
     "sections" => standard.sections.map { |one| {"id" => one.id, "name" => one.name, "cap" => one.cap, "items" => one.items.length} },
     "rules" => rules.map { |rule| plan_rule(standard, rule) }}
  end

  # "readings" = [fact, fields of the entries of its list or nil for all of its value, does it quote the reason].
  def self.plan_rule(standard, rule)
    {"id" => rule.id, "head" => rule.head, "readings" => together(rule.readings), "expert" => rule.asks_expert? ? rule.id : nil,
     "remembers" => rule.declared? && standard.adjustments(rule.id).empty?}
  end

  # One reading for each fact: whoever wants the whole value or the reason gets it.
  def self.together(readings)
    facts = {}
    readings.each do |fact, fields, quotes|
      other = facts[fact]
      facts[fact] = other.nil? ? [fact, fields, quotes] : [fact, other[1] && fields && (other[1] + fields).uniq, other[2] || quotes]
    end
    facts.values
  end

  # [points or met, sentence, waits for somebody] of rule number `number`.
  def self.answer(standard, number, facts, expert)
    rule = standard.rules[number]
    facts = Facts.new(facts, standard)
    rule.is_a?(Question) ? rule.finding(facts) : adjusted(standard, rule, facts, expert)
  end
end
