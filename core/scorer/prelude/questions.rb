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
      @words = [options[@way]].flatten unless @amount || @way == :block
      @limit = limit(options[@way], @way) if @amount
      @of = quantity(options[:of]) if @amount
      reads(options[:of]) unless @way == :block || @amount
      check_window(options)
    end

    # {"met": ..., "because": ...}
    def ask(facts)
      met, because, pending = finding(facts)
      head.merge("met" => met, "because" => because, "pending" => pending)
    end

    # [met, sentence, waits for somebody]; a missing value is not met and says so.
    def finding(facts)
      Titled.mark(@label)
      met, because = answer(facts)
      [met ? true : false, because, false]
    rescue Missing => missing
      who = WAITS_FOR[facts.by(missing.fact)] || WAITS_FOR[@by]
      [false, who || "未填报", who ? true : false]
    end

    # What its finding has for every dossier.
    def head
      {"id" => @id, "name" => @name}
    end

    def rule
      case @way
      when :at_least then "至少 #{@limit.rule}#{@of.unit}"
      when :at_most then "不超过 #{@limit.rule}#{@of.unit}"
      when :is, :one_of, :any then "#{subject}：#{@words.map { |word| said(word) }.join("、")}#{span}"
      when :none then "#{subject}没有：#{@words.join("、")}#{span}"
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
        [@words.include?(value), facts.because(@options[:of]) || said(value)]
      else
        found = listed(facts)
        [@way == :any ? !found.empty? : found.empty?, found.empty? ? "没有#{@words.join("、")}的记录" : found.join("、")]
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

    def subject
      @standard.fact_name(@facts[0]) || "结果"
    end

    # The years with one of the words, as text.
    def listed(facts)
      from = @options[:window] ? facts.need(@options[:up_to]) - @options[:window] : nil
      found = []
      facts.entries(@options[:of]).each do |entry|
        year, grade = entry["year"], entry["grade"]
        found << "#{year} 年#{grade}" if @words.include?(grade) && (from.nil? || year > from)
      end
      found
    end

    def span
      @options[:window] ? "（近 #{@options[:window]} 年）" : ""
    end

    def said(value)
      value == true ? "是" : value == false ? "否" : value.to_s
    end
  end

  # === 2 申报条件与一票否决 conditions and vetoes
  # 判断只写一种：`is:`、`one_of:`、`at_least:`、`at_most:`、`any:`、`none:` 或代码块。没有填报的，条件算不符合、否决算没有。
  #
  # == condition 申报条件 a condition to apply
  # 有一条不符合，不能申报。`basis:` 写法律依据，不写会提醒。
  # - of: | 事实或 years(...) | 必填（代码块除外） | 读取哪个事实
  # - is: | 值 | 无 | 等于
  # - one_of: | 值的列表 | 无 | 是其中之一
  # - at_least: | 数或 lookup | 无 | 不少于
  # - at_most: | 数或 lookup | 无 | 不超过
  # - any: | 等次 | 无 | 历年结果里有其中之一
  # - none: | 等次 | 无 | 历年结果里没有
  # - window: | 年数 | 全部年度 | 只看近几年，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - except: | {事实 => 值} | 无 | 对这样的人不要求
  # - basis: | 文字 | 无 | 依据的文件和条款
  # - 代码块 | {事实} | 无 | 返回 true、false 或 [true, "说明"]
  #   condition "title", "现任助理级职称", of: :title, one_of: ["助理农艺师", "执业兽医师"], basis: "人社部令第40号第十四条"
  #   condition "tenure", "任现职年限", of: years(:tenure_months), at_least: lookup(:education, "本科" => 4, "中专" => 5),
  #             basis: "人社部发〔2019〕114号"
  #   condition "age", "年龄", of: :age, at_most: 60, basis: "实施方案 一"
  #   condition "assessed", "近 2 年考核合格", of: :results, none: ["基本合格", "不合格"], window: 2, up_to: :last_year,
  #             basis: "人社部令第40号第十三条"
  #   condition "posts", "基层年限", of: :posts, at_least: 3, except: {track: "自治区通用职称"}, basis: "实施方案 一"
  #   condition "vet", "以执业兽医师申报的，专业为兽医", basis: "人社部发〔2019〕114号" do |facts|
  #     [facts[:title] != "执业兽医师" || facts[:branch] == "兽医", "专业为#{facts[:branch]}"]
  #   end
  # facts: {"title": "助理农艺师", "track": "自治区通用职称", "posts": 0, "tenure_months": 59, "education": "中专", "age": 48, "branch": "农艺", "last_year": 2025, "results": [{"year": 2023, "grade": "基本合格"}, {"year": 2024, "grade": "合格"}, {"year": 2025, "grade": "优秀"}]}
  # gives: title 符合 助理农艺师
  # gives: tenure 不符合 4 年 11 个月计 4 年，要求 5 年（中专）
  # gives: age 符合 48，要求不超过 60
  # gives: assessed 符合 没有基本合格、不合格的记录
  # gives: posts 符合 自治区通用职称的不要求
  # gives: vet 符合 专业为农艺
  # reads: tenure 至少 本科 4、中专 5 年

  class Condition < Question
    KIND = "condition"
    OPTIONS = Question::OPTIONS + [:except]

    def build(options)
      super
      return unless options.key?(:except)
      except = options[:except]
      fail_with("except: 应写成 {事实 => 值}，只写一个") unless except.is_a?(Hash) && except.length == 1
      @except, @excepted = reads(except.keys[0]), except.values[0]
    end

    def finding(facts)
      return [true, "#{@excepted}的不要求", false] if @except && facts[@except] == @excepted
      super
    end

    def head
      super.merge("basis" => basis)
    end

    def row
      spared = @except && "#{@excepted}的不要求"
      {"part" => "condition", "id" => @id, "name" => @name, "rule" => [rule, spared, @options[:note]].compact.join("；"),
       "basis" => basis, "facts" => @facts}
    end

    private

    def check_common(options)
      super
      fail_with("basis: 应为文字（依据的文件和条款）") unless basis.is_a?(String)
    end
  end

  # == veto 一票否决 a veto
  # 成立时总分为 0，各项得分仍然列出。参数同 condition，另有 by:、evidence:。
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
  # - 代码块 | {事实} | 无 | 返回 true、false 或 [true, "说明"]
  #   veto "A0.1", "政治审查不合格", of: :vetting, is: false, by: "unit", evidence: "政审意见"
  #   veto "A0.2", "近 2 年年度考核不合格", of: :results, any: "不合格", window: 2, up_to: :last_year
  # facts: {"vetting": true, "last_year": 2025, "results": [{"year": 2024, "grade": "不合格"}]}
  # gives: A0.1 未否决 是
  # gives: A0.2 否决 2024 年不合格
  # gives: total 0.00
  # reads: A0.1 结果：否

  class Veto < Question
    KIND = "veto"

    def row
      {"part" => "veto", "id" => @id, "name" => @name, "rule" => [rule, @options[:note]].compact.join("；"),
       "scorer" => @by, "evidence" => [@options[:evidence] || []].flatten, "facts" => @facts}
    end
  end
end
