# 示例系列（初级）：最小的一份量化赋分标准。
standard "sample", "junior" do
  name           "示例员量化赋分标准"
  reference_line 6
  total_cap      10

  condition "tenure", "工作年限", of: years(:work_months), at_least: 1, basis: "示例规定第二条"

  section "A", "考核", cap: 4 do
    tier "A1", "单位考核", cap: 4, of: :grade, table: {"优秀" => 4, "合格" => 3}, by: "unit", evidence: "考核表"
  end

  section "B", "工作经历", cap: 6 do
    linear "B1", "工作年限", cap: 6, of: years(:work_months), per: 1.5, evidence: "劳动合同"
  end
end
