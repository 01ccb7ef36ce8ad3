# 新系列 · 初级：申报条件与量化赋分标准
#
# 怎样改：直接改数字。cap 是封顶分；table 是“档次 => 分值”；at_least 是最低要求。

standard "skeleton", "junior" do
  name           "初级量化赋分标准"
  reference_line 60
  total_cap      100

  # 最低从事本专业年限，按学历
  minimum = lookup :education, "博士研究生" => 0, "硕士研究生" => 0, "本科" => 1, "大专" => 3, "中专" => 5

  condition "service", "从事本专业年限", of: years(:service_months), at_least: minimum,
            basis: "《职称评审管理暂行规定》（人社部令第40号）第十四条"

  veto "V1", "上年度考核不合格", of: :annual_grade, is: "不合格", by: "unit", evidence: "年度考核登记表"

  section "A", "考核与年限", cap: 60 do
    tier "A1", "上年度考核", cap: 30, of: :annual_grade, by: "unit", evidence: "年度考核登记表",
         table: {"优秀" => 30, "合格" => 25}

    linear "A2", "从事本专业年限", cap: 30, of: years(:service_months), per: 5, evidence: "劳动合同、人事档案"
  end

  section "B", "学历与荣誉", cap: 40 do
    tier "B1", "学历", cap: 25, of: :education, evidence: "毕业证",
         table: {"博士研究生" => 25, "硕士研究生" => 25, "本科" => 20, "大专" => 15, "中专" => 10}

    # 就高取一项
    best_of "B2", "荣誉", cap: 15, of: :honours, key: "level", evidence: "证书、文件",
            table: {"省部级" => 15, "地市级" => 10, "县区级" => 5}
  end
end
