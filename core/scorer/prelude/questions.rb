# questions.rb - yes or no: conditions to apply, and vetoes.

module Titled
  # A question about the facts. One of:
  #   is: value              the fact equals it
  #   one_of: [values]       the fact is one of them
  #   at_least: n | lookup   the quantity reaches it
  #   at_most: n | lookup    the quantity does not exceed it
  #   any: words             the list of yearly results has one of these grades; with window: and up_to:
  #                          only in the last years
  #   none: words            the list has none of them (same window)
  # or a block that answers true, false or [true, "说明"].
  class Question < Rule
    OPTIONS = [:of, :is, :one_of, :at_least, :at_most, :any, :none, :window, :up_to, :basis, :block]
    WAYS = [:is, :one_of, :at_least, :at_most, :any, :none, :block]

    def build(options)
      ways = WAYS.select { |way| options.key?(way) }
      fail_with("要有且只有一种判断：#{WAYS.join("、")}") unless ways.length == 1
      @way = ways[0]
      @amount = @way == :at_least || @way == :at_most
      @limit = limit(options[@way], @way) if @amount
      @of = quantity(options[:of]) if @amount
      reads(options[:of]) unless @way == :block || @amount
      check_window(options)
    end

    # {"met": ..., "because": ...}; a missing value is not met and says so.
    def ask(facts)
      Titled.mark(@label)
      met, because = answer(facts)
      {"id" => @id, "name" => @name, "met" => met ? true : false, "because" => because, "pending" => false}
    rescue Missing => missing
      who = WAITS_FOR[facts.by(missing.fact)] || WAITS_FOR[@by]
      {"id" => @id, "name" => @name, "met" => false, "because" => who || "未填报", "pending" => who ? true : false}
    end

    def rule
      case @way
      when :at_least then "至少 #{@limit.rule}#{@of.unit}"
      when :at_most then "不超过 #{@limit.rule}#{@of.unit}"
      when :is, :one_of, :any then "#{subject}：#{words.map { |word| said(word) }.join("、")}#{span}"
      when :none then "#{subject}没有：#{words.join("、")}#{span}"
      end
    end

    def basis
      @options[:basis] || ""
    end

    private

    def check_window(options)
      fail_with("window: 和 up_to: 要一起写") unless options.key?(:window) == options.key?(:up_to)
      return unless options.key?(:window)
      fail_with("window: 只和 any:、none: 一起用") unless @way == :any || @way == :none
      positive_years(options[:window], "window:")
      reads(options[:up_to])
    end

    def fields_of(fact)
      fact == @options[:of].to_s && (@way == :any || @way == :none) ? ["year", "grade"] : nil
    end

    def quotes?(_fact)
      @way == :is || @way == :one_of
    end

    def answer(facts)
      case @way
      when :block then asked(@options[:block].call(facts))
      when :at_least, :at_most then compared(facts)
      when :is, :one_of
        value = facts.need(@options[:of])
        [words.include?(value), facts.because(@options[:of]) || said(value)]
      else
        found = listed(facts)
        [@way == :any ? !found.empty? : found.empty?, found.empty? ? "没有#{words.join("、")}的记录" : found.join("、")]
      end
    end

    def asked(result)
      met, because = result
      fail_with("代码块应返回 true、false 或 [true, \"说明\"]") unless met == true || met == false
      [met, because || (met ? "符合" : "不符合")]
    end

    def compared(facts)
      amount, limit = @of.hundredths(facts), @limit.hundredths(facts)
      return [false, "#{@limit.why(facts)}未列入，不能申报"] if limit.nil?
      met = @way == :at_least ? amount >= limit : amount <= limit
      asked = @way == :at_least ? "要求" : "要求不超过"
      [met, "#{@of.text(facts)}，#{asked} #{Titled.number_text(limit)}#{@of.unit}#{@limit.why(facts)}"]
    end

    def words
      [@options[@way]].flatten
    end

    def subject
      @standard.fact_name(@facts[0]) || "结果"
    end

    # The years with one of the words, as text.
    def listed(facts)
      years = facts.entries(@options[:of])
      from = @options[:window] ? facts.need(@options[:up_to]) - @options[:window] : nil
      years = years.select { |entry| entry["year"] > from } if from
      years.select { |entry| words.include?(entry["grade"]) }.map { |entry| "#{entry["year"]} 年#{entry["grade"]}" }
    end

    def span
      @options[:window] ? "（近 #{@options[:window]} 年）" : ""
    end

    def said(value)
      value == true ? "是" : value == false ? "否" : value.to_s
    end
  end

  class Condition < Question
    KIND = "condition"

    def row
      {"part" => "condition", "id" => @id, "name" => @name, "rule" => [rule, @options[:note]].compact.join("；"),
       "basis" => basis, "facts" => @facts}
    end

    private

    def check_common(options)
      super
      fail_with("basis: 应为文字（依据的文件和条款）") unless basis.is_a?(String)
    end
  end

  class Veto < Question
    KIND = "veto"

    def row
      {"part" => "veto", "id" => @id, "name" => @name, "rule" => [rule, @options[:note]].compact.join("；"),
       "scorer" => @by, "evidence" => [@options[:evidence] || []].flatten, "facts" => @facts}
    end
  end
end
