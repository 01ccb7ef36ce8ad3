# values.rb - what rules are made of: points as whole hundredths, the facts of one dossier, quantities
# (years, counts, lookups). The language itself is described in standard.rb.

module Titled
  # A mistake in a script. The message names the rule; it is read by the person who writes the script.
  class ScriptError < StandardError; end

  # Raised inside a rule when a fact has no value; the rule turns it into 0 points.
  class Missing < StandardError
    attr_reader :fact

    def initialize(fact)
      super("no value: #{fact}")
      @fact = fact
    end
  end

  # What the worker brings itself (vm.c); elsewhere there is nobody to tell, and numbers are rounded as
  # they come.
  #   mark     notes which rule is at work, for the error of a script that fails or does not come back
  #   decimal  hundredths of a Float as it is written, half up: 0.145 -> 15
  unless respond_to?(:mark)
    def self.mark(_rule) end

    def self.decimal(number)
      (number * 100).round
    end
  end

  # --- numbers ----------------------------------------------------------------------------------

  # Within these a product of two numbers in hundredths stays a whole number of 64 bits.
  SCRIPT_MAX = 1_000_000
  FACT_MAX = 100_000_000

  # Hundredths of a number as people write it: 1.2 -> 120. More than two decimals is a mistake.
  def self.hundredths(number, place)
    unless number.is_a?(Integer) || number.is_a?(Float)
      raise ScriptError, "#{place}：应为数字，写的是 #{number.inspect}"
    end
    raise ScriptError, "#{place}：#{number} 太大" unless number.abs <= SCRIPT_MAX
    exact = number * 100
    whole = exact.round
    raise ScriptError, "#{place}：#{number} 多于两位小数" if (exact - whole).abs > 0.000001
    whole
  end

  # divide (half up), points_text (950 -> "9.50") and number_text (950 -> "9.5", 1500 -> "15") are in
  # numbers.c.

  # --- facts of one dossier ---------------------------------------------------------------------

  # What a block of `condition`, `veto` or `adjust` gets: facts["name"] is the value or nil.
  class Facts
    def initialize(facts, standard = nil)
      @facts = facts || {}
      @standard = standard
    end

    def [](name)
      fact = @facts[name.to_s]
      return fact["value"] if fact.is_a?(Hash)
      raise ScriptError, "没有事实 #{name}" if @standard && !@standard.knows?(name.to_s)
      nil
    end

    def list(name)
      self[name] || []
    end

    # The entries of a list fact, all hashes; Missing without a value.
    def entries(name)
      list = need(name)
      raise ScriptError, "事实 #{name} 不是列表" unless list.is_a?(Array) && list.all? { |entry| entry.is_a?(Hash) }
      list
    end

    # The value, or Missing: the rule then gives 0 points and says who has still to fill it in.
    def need(name)
      value = self[name]
      raise Missing.new(name.to_s) if value.nil?
      value
    end

    def because(name)
      fact = @facts[name.to_s]
      fact.is_a?(Hash) ? fact["because"] : nil
    end

    def by(name)
      fact = @facts[name.to_s]
      fact.is_a?(Hash) ? fact["by"] : nil
    end
  end

  # --- quantities: what `of:` may be ------------------------------------------------------------

  # A fact that is a number as it stands.
  class Count
    attr_reader :fact

    def initialize(fact)
      @fact = fact.to_s
    end

    def hundredths(facts)
      value = facts.need(@fact)
      raise ScriptError, "事实 #{@fact} 不是数字" unless value.is_a?(Integer) || value.is_a?(Float)
      raise ScriptError, "事实 #{@fact} 的数 #{value} 太大" unless value.abs <= FACT_MAX
      value.is_a?(Integer) ? value * 100 : Titled.decimal(value)
    end

    def unit
      ""
    end

    # "12", for a sentence
    def text(facts)
      Titled.number_text(hundredths(facts))
    end

    # "每…" and how parts of a year count, for the public table
    def each
      "项"
    end

    def rule
      ""
    end
  end

  # A fact in months, counted in years. Rounding: :full_year drops what is short of a year,
  # :half_year_up counts six months and more as a year, :nine_months nine and more, :exact keeps months
  # as hundredths of a year.
  class Years < Count
    ROUNDING = {
      full_year: [0, "按满年计"], half_year_up: [6, "满 6 个月按 1 年计"],
      nine_months: [3, "满 9 个月按 1 年计"], exact: [nil, "按月折算"]
    }

    def initialize(fact, rounding)
      super(fact)
      @rounding = ROUNDING[rounding]
      raise ScriptError, "years(:#{fact})：没有取整方式 #{rounding.inspect}" unless @rounding
    end

    def months(facts)
      value = facts.need(@fact)
      raise ScriptError, "事实 #{@fact} 不是月数" unless value.is_a?(Integer) && value.abs <= FACT_MAX
      value
    end

    def hundredths(facts)
      add = @rounding[0]
      return Titled.divide(months(facts) * 100, 12) unless add
      (months(facts) + add).div(12) * 100
    end

    def unit
      " 年"
    end

    # "10 年", or "9 年 7 个月计 10 年" where rounding changed it
    def text(facts)
      years, rest = months(facts).div(12), months(facts) % 12
      counted = "#{Titled.number_text(hundredths(facts))} 年"
      return counted if rest == 0
      "#{years > 0 ? "#{years} 年 " : ""}#{rest} 个月计 #{counted}"
    end

    def each
      "年"
    end

    def rule
      "，#{@rounding[1]}"
    end
  end

  # A number that depends on another fact: lookup(:education, "本科" => 4, "中专" => 5).
  class Lookup
    attr_reader :fact, :table

    def initialize(fact, table)
      @fact = fact.to_s
      @table = {}
      table.each { |key, number| @table[key.to_s] = Titled.hundredths(number, "lookup(:#{fact}) 的 #{key}") }
    end

    # Hundredths, or nil when the table has no row for the dossier.
    def hundredths(facts)
      @table[facts.need(@fact).to_s]
    end

    def why(facts)
      "（#{facts[@fact]}）"
    end

    def rule
      @table.map { |key, number| "#{key} #{Titled.number_text(number)}" }.join("、")
    end
  end

  # A number that is the same for everybody, in the shape of a Lookup.
  class Fixed
    def initialize(number, place)
      @hundredths = Titled.hundredths(number, place)
    end

    def hundredths(_facts)
      @hundredths
    end

    def why(_facts)
      ""
    end

    def rule
      Titled.number_text(@hundredths)
    end
  end
end
