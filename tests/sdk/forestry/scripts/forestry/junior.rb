# 林业工程 · 初级（助理工程师）定向评价：申报条件与量化赋分标准（示例）
standard "forestry", "junior" do
  name           "助理工程师（林业）定向评价量化赋分标准（示例）"
  basis          "关于对乌鲁木齐市县以下基层专业技术人员开展职称评聘“定向评价、定向使用”工作的实施方案 二（一）"
  reference_line 60
  total_cap      100

  minimum = lookup :education, "硕士研究生" => 0, "本科" => 1, "大专" => 3, "中专" => 5

  condition "title", "尚无职称", of: :current_title, one_of: ["无"], basis: "人社部令第40号第十四条（逐级申报）"
  condition "practice", "从事林业技术工作年限", of: years(:practice_months), at_least: minimum, basis: "实施方案二（一）"

  veto "V1", "处于处分期", of: :sanctioned, is: true, by: "unit"

  section "A", "政治表现与考核", cap: 30 do
    tier "A1", "政治表现鉴定", cap: 10, of: :political_grade, by: "unit", evidence: "鉴定表",
         table: {"优秀" => 10, "良好" => 8, "合格" => 6}
    tier_sum_avg "A2", "年度考核", cap: 10, of: :annual_assessments, window: 2, up_to: :last_full_year,
                 evidence: "年度考核登记表", table: {"优秀" => 5, "合格" => 4, "基本合格" => 0}
    tier "A3", "区（县）林业主管部门评价", cap: 10, of: :district_grade, by: "district", evidence: "评价意见",
         table: {"优" => 10, "良" => 8, "中" => 5, "差" => 0}
  end

  section "B", "基层年限", cap: 30 do
    # 前 5 年每年 4 分，以后每年 2 分
    piecewise "B1", "基层林业岗位年限", cap: 25, of: years(:grassroots_months), segments: [[5, 4.0], [nil, 2.0]],
              evidence: "人事档案"
    linear "B2", "从事林业技术工作年限", cap: 5, of: years(:practice_months), per: 1.0, evidence: "聘用合同"
  end

  section "C", "业绩", cap: 30 do
    step "C1", "造林和抚育面积（亩）", cap: 10, of: :area_mu, by: "unit", evidence: "面积核实表",
         steps: [[1000, 10], [500, 8], [200, 5], [1, 2]]
    step "C2", "造林成活率（%）", cap: 10, of: :survival_percent, by: "unit", evidence: "验收单",
         steps: [[90, 10], [85, 8], [80, 5]]
    linear "C3", "林农培训", cap: 10, of: :training_sessions, per: 0.5, evidence: "签到表"
  end

  section "D", "学历与荣誉", cap: 10 do
    tier "D1", "学历", cap: 6, of: :education, evidence: "毕业证",
         table: {"硕士研究生" => 6, "本科" => 5, "大专" => 4, "中专" => 3}
    best_of "D2", "荣誉", cap: 4, of: :honours, key: "level", evidence: "证书",
            table: {"省部级" => 4, "地市级" => 3, "县区级" => 2}
  end
end
