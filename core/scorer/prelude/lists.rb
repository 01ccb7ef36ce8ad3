# lists.rb - the kinds of items over a list of things (荣誉、公开课、成果 ...), and items made of items.

module Titled
  # Picks entries of a list fact, gives each its points, takes the best `top` of them (nil = all).
  class ListRule < Rule
    SELECTION = [:where, :top, :category, :window, :up_to, :since]
    OPTIONS = [:of, :key, :table] + SELECTION

    def build(options)
      @of = reads(options[:of])
      @key = (options[:key] || "level").to_s
      @where = options[:where] || {}
      fail_with("where: 应为 {字段: \"值\"}") unless @where.is_a?(Hash)
      @top = top_of(options)
      @category = options[:category] ? options[:category].to_s : nil
      @since = options[:since] ? reads(options[:since]) : nil
      build_window(options)
      build_table(options)
    end

    def measure(facts, _expert)
      entries = chosen(facts)
      scored = entries.map { |entry| score_entry(entry) }
      return Outcome.new(0, "未填报") if scored.empty?
      scored = best_of_each(entries, scored) if @category
      best = scored.length > 1 ? scored.sort { |a, b| b[0] <=> a[0] } : scored
      best = best[0, @top] if @top
      sum = best.inject(0) { |all, entry| all + entry[0] }
      sentence = best.map { |entry| entry[1] }.join(" + ")
      sentence = "#{sentence} = #{Titled.points_text(sum)}" if best.length > 1
      sentence = "#{scored.length} 项取最高 #{@top} 项：#{sentence}" if @top && scored.length > @top
      sentence = "#{entries.length} 项同类取高：#{sentence}" if @category && entries.length > scored.length
      Outcome.new(sum, sentence)
    end

    def rule
      top = @top.nil? ? "各项相加" : @top == 1 ? "就高不就低，取 1 项" : "取最高 #{@top} 项"
      top = @top.nil? ? "同类取高、不同类累计" : "同类取高，#{top}" if @category
      "#{table_rule}，#{top}#{span}"
    end

    private

    def fields_of(fact)
      return nil unless fact == @of
      timed = (@window ? ["year", "date"] : []) + (@since ? ["date"] : [])
      words_of + @where.keys.map { |key| key.to_s } + [@category].compact + timed
    end

    # The fields that say what an entry is worth.
    def words_of
      [@key]
    end

    def top_of(options)
      top = options[:top]
      fail_with("top: 应为正整数") unless top.nil? || (top.is_a?(Integer) && top > 0)
      top
    end

    def build_window(options)
      @window = nil
      return fail_with("up_to: 只和 window: 一起用") if options[:up_to] && !options[:window]
      return unless options[:window]
      @window = positive_years(options[:window], "window:")
      @up_to = reads(options[:up_to])
    end

    def span
      words = []
      words << "近 #{@window} 年" if @window
      words << "#{@standard.fact_name(@since) || @since}以来" if @since
      words.empty? ? "" : "（#{words.join("、")}的）"
    end

    def build_table(options)
      @table = point_table(options[:table])
    end

    def table_rule
      table_text(@table)
    end

    def adds_up?(outcome)
      @top.nil? && outcome.points > 0
    end

    def chosen(facts)
      list = facts.entries(@of)
      list = list.select { |entry| @where.all? { |key, words| [words].flatten.include?(entry[key.to_s]) } } unless @where.empty?
      list = in_window(list, facts.need(@up_to)) if @window
      list = since(list, facts.need(@since)) if @since
      list
    end

    # An entry has its "year", or a "date" as YYYY-MM-DD.
    def in_window(list, last)
      list.select do |entry|
        year = entry["year"] || entry["date"].to_s[0, 4].to_i
        year > last - @window && year <= last
      end
    end

    # Dates as YYYY-MM-DD compare as text.
    def since(list, day)
      list.select { |entry| entry["date"].to_s >= day.to_s }
    end

    # The first of the highest of each category, in the order of the list.
    def best_of_each(entries, scored)
      best = {}
      (0...entries.length).each do |i|
        kind = entries[i][@category]
        best[kind] = scored[i] if best[kind].nil? || scored[i][0] > best[kind][0]
      end
      best.values
    end

    # [hundredths, sentence]
    def score_entry(entry)
      word = entry[@key].to_s
      value = @table[word] || 0
      [value, "#{word} #{Titled.points_text(value)}#{@table.key?(word) ? "" : "（未列入）"}"]
    end
  end

  # === 4 按列表赋分 points from a list
  # 列表事实每条有 level（级别）、kind（类别）、date（日期）等字段，逐条查表。
  #
  # == best_of 就高不就低 the best one
  # 写 of: 和 table: 是在一个列表里取最高 1 项；写代码块是在几个组成部分（名称不带编号）里取高。
  # - of: | 列表事实 | 必填（代码块除外） | 读取哪个列表
  # - key: | 字段 | "level" | 按哪个字段查表
  # - table: | {值 => 分} | 必填（代码块除外） | 每条的分；不在表内的 0 分
  # - top: | 正整数 | 1 | 不用写
  # - where: | {字段 => 值或值的列表} | 无 | 只算这些条
  # - category: | 字段 | 无 | 同类取高：这个字段相同的只取最高 1 项，不同类累计
  # - window: | 年数 | 全部 | 只算近几年的，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - since: | 事实（日期） | 无 | 只算这一天以来的，如:title_since 聘任现职称以来
  # - 代码块 | 组成部分 | 无 | 每个部分自己也可以有 cap:
  #   best_of "F1", "综合荣誉", cap: 5, of: :honours, table: {"省部级" => 5, "地市级" => 4, "县区级" => 3}
  #   best_of "A3", "表彰或驻村", cap: 3 do
  #     best_of "表彰", of: :honours, where: {kind: "师德"}, table: {"地市级" => 2, "县区级" => 1.5}
  #     step "驻村", of: years(:village_months), steps: [[1, 2]]
  #   end
  # facts: {"honours": [{"level": "县区级", "kind": "师德"}, {"level": "地市级", "kind": "综合"}], "village_months": 13}
  # gives: F1 4.00 2 项取最高 1 项：地市级 4.00
  # gives: A3 2.00 表彰：县区级 1.50；驻村：1 年 1 个月计 1 年，达到 1 年 = 2.00；取高 2.00
  # reads: F1 省部级 5、地市级 4、县区级 3，就高不就低，取 1 项

  class BestOf < ListRule
    KIND = "max"

    def top_of(_options)
      1
    end
  end

  # == top_n 取最高 N 项 the best N
  # - of: | 列表事实 | 必填 | 读取哪个列表
  # - key: | 字段 | "level" | 按哪个字段查表
  # - table: | {值 => 分} | 必填 | 每条的分
  # - top: | 正整数 | 全部 | 取几项
  # - where: | {字段 => 值或值的列表} | 无 | 只算这些条
  # - category: | 字段 | 无 | 同类取高：这个字段相同的只取最高 1 项，不同类累计
  # - window: | 年数 | 全部 | 只算近几年的，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - since: | 事实（日期） | 无 | 只算这一天以来的，如:title_since 聘任现职称以来
  #   top_n "D4", "公开课", cap: 4, of: :lessons, top: 2, table: {"地市级" => 3, "县区级" => 2, "校级" => 1}
  # facts: {"lessons": [{"level": "校级"}, {"level": "县区级"}, {"level": "县区级"}]}
  # gives: D4 4.00 3 项取最高 2 项：县区级 2.00 + 县区级 2.00 = 4.00
  # reads: D4 地市级 3、县区级 2、校级 1，取最高 2 项

  class TopN < ListRule
    KIND = "sum_top"
  end

  # == sum_of 各项相加 the sum
  # 写法同 best_of，各条（或各组成部分）相加。
  # - of: | 列表事实 | 必填（代码块除外） | 读取哪个列表
  # - key: | 字段 | "level" | 按哪个字段查表
  # - table: | {值 => 分} | 必填（代码块除外） | 每条的分
  # - top: | 正整数 | 全部 | 只取最高几项
  # - where: | {字段 => 值或值的列表} | 无 | 只算这些条
  # - category: | 字段 | 无 | 同类取高：这个字段相同的只取最高 1 项，不同类累计
  # - window: | 年数 | 全部 | 只算近几年的，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - since: | 事实（日期） | 无 | 只算这一天以来的，如:title_since 聘任现职称以来
  # - 代码块 | 组成部分 | 无 | 每个部分自己也可以有 cap:
  #   sum_of "F2", "荣誉（同类取高、不同类累计）", cap: 9, of: :honours, category: "kind",
  #          window: 5, up_to: :last_year, table: {"地市级" => 3, "县区级" => 2}
  #   sum_of "D5", "传帮带", cap: 5 do
  #     linear "指导青年教师", cap: 3, of: :mentoring, per: 1
  #     sum_of "指导学生获奖", of: :awards, table: {"县区级" => 1}
  #   end
  # facts: {"last_year": 2025, "mentoring": 4, "awards": [{"level": "县区级"}], "honours": [{"level": "县区级", "kind": "教学", "date": "2024-05-01"}, {"level": "地市级", "kind": "教学", "date": "2023-05-01"}, {"level": "县区级", "kind": "师德", "date": "2022-05-01"}, {"level": "地市级", "kind": "师德", "date": "2019-05-01"}]}
  # gives: F2 5.00 3 项同类取高：地市级 3.00 + 县区级 2.00 = 5.00，封顶 9
  # gives: D5 4.00 指导青年教师：4 × 1.00 = 4.00，封顶 3；指导学生获奖：县区级 1.00；合计 4.00，封顶 5
  # reads: F2 地市级 3、县区级 2，同类取高、不同类累计（近 5 年的）

  class SumOf < ListRule
    KIND = "sum"
  end

  # == matrix 类别 × 级别 × 署名系数 kind × level × rank
  # - of: | 列表事实 | 必填 | 读取哪个列表
  # - row: | 字段 | "kind" | 行：类别
  # - column: | 字段 | "level" | 列：级别
  # - table: | {类别 => {级别 => 分}} | 必填 | 不在表内的 0 分
  # - rank: | 字段 | "role" | 署名、名次
  # - factor: | {类别 => {署名 => 系数}} | 1 | 类别有系数表时，表内没有的署名 0 分
  # - top: | 正整数 | 全部 | 只取最高几项
  # - where: | {字段 => 值或值的列表} | 无 | 只算这些条
  # - category: | 字段 | 无 | 同类取高：这个字段相同的只取最高 1 项，不同类累计
  # - window: | 年数 | 全部 | 只算近几年的，与 up_to: 一起写
  # - up_to: | 事实（年度） | 无 | 算到哪一年
  # - since: | 事实（日期） | 无 | 只算这一天以来的，如:title_since 聘任现职称以来
  #   matrix "F2", "教研成果", cap: 7, of: :research,
  #          table: {"课题" => {"省级" => 4, "县区级" => 2}, "论文" => {"省级" => 2.25}},
  #          factor: {"课题" => {"主持" => 1, "参与" => 0.5}, "论文" => {"第一作者" => 1, "第二作者" => 0.5}}
  # facts: {"research": [{"kind": "课题", "level": "省级", "role": "参与"}, {"kind": "论文", "level": "省级", "role": "第二作者"}]}
  # gives: F2 3.13 课题 省级 4.00 × 0.5（参与） + 论文 省级 2.25 × 0.5（第二作者） = 3.13，封顶 7
  # reads: F2 课题：省级 4、县区级 2；论文：省级 2.25；署名系数 课题主持 1、参与 0.5，论文第一作者 1、第二作者 0.5，各项相加

  # 类别 × 级别，乘以署名系数：table: {"课题" => {"省级" => 4}}, factor: {"课题" => {"参与" => 0.5}}
  class Matrix < ListRule
    KIND = "matrix"
    OPTIONS = [:of, :row, :column, :table, :rank, :factor] + SELECTION

    def build_table(options)
      @row = (options[:row] || "kind").to_s
      @column = (options[:column] || "level").to_s
      @rank = (options[:rank] || "role").to_s
      @table = nested(options[:table], "table")
      @factor = nested(options[:factor] || {}, "factor")
    end

    private

    def words_of
      [@row, @column, @rank]
    end

    def nested(table, what)
      fail_with("#{what}: 应为 {\"类别\" => {\"级别\" => 数}}") unless table.is_a?(Hash) && table.all? { |_word, row| row.is_a?(Hash) }
      rows = {}
      table.each { |word, row| rows[word.to_s] = point_table(row) }
      rows
    end

    def score_entry(entry)
      kind, level, rank = entry[@row].to_s, entry[@column].to_s, entry[@rank].to_s
      full = (@table[kind] || {})[level]
      return [0, "#{kind} #{level} 0.00（未列入）"] if full.nil?
      share = @factor.key?(kind) ? (@factor[kind][rank] || 0) : 100
      value = Titled.divide(full * share, 100)
      text = "#{kind} #{level} #{Titled.points_text(full)}"
      text = "#{text} × #{Titled.number_text(share)}（#{rank}）" if share != 100
      [value, text]
    end

    def table_rule
      rows = @table.map { |kind, row| "#{kind}：#{table_text(row)}" }
      shares = @factor.map { |kind, row| "#{kind}#{table_text(row)}" }
      shares.empty? ? rows.join("；") : "#{rows.join("；")}；署名系数 #{shares.join("，")}"
    end
  end

  # --- rules made of rules ----------------------------------------------------------------------

  class Composite < Rule
    OPTIONS = [:parts]

    def build(options)
      @parts = options[:parts]
      fail_with("没有内容") if @parts.empty?
      names = @parts.map { |part| part.name }
      names.each { |name| fail_with("组成部分「#{name}」写了两次") if names.count(name) > 1 }
      @parts.each { |part| @facts = (@facts + part.facts).uniq }
    end

    def declared?
      super && @parts.all? { |part| part.declared? }
    end

    def asks_expert?
      @parts.any? { |part| part.asks_expert? }
    end

    def measure(facts, expert)
      outcomes = @parts.map { |part| part.evaluate(facts, expert) }
      sentence = (0...@parts.length).map { |i| "#{@parts[i].name}：#{outcomes[i].sentence}" }.join("；")
      total = combine(outcomes.map { |outcome| outcome.points })
      Outcome.new(total, "#{sentence}；#{verb} #{Titled.points_text(total)}", outcomes.any? { |outcome| outcome.pending })
    end

    def rule
      "#{@parts.map { |part| "#{part.name}（#{part.rule}）" }.join("；")}；#{verb}"
    end

    private

    def own_readings
      @parts.map { |part| part.readings }.flatten(1)
    end
  end

  class BestOfParts < Composite
    KIND = "max"

    def combine(points)
      points.max
    end

    def verb
      "取高"
    end
  end

  class SumOfParts < Composite
    KIND = "sum"

    def combine(points)
      points.inject(0) { |all, one| all + one }
    end

    def verb
      "合计"
    end

    def adds_up?(_outcome)
      true
    end
  end
end
