# 林业工程 · 中级（工程师）定向评价：申报条件与量化赋分标准（示例）
standard "forestry", "intermediate" do
  name           "工程师（林业）定向评价量化赋分标准（示例）"
  basis          "关于对乌鲁木齐市县以下基层专业技术人员开展职称评聘“定向评价、定向使用”工作的实施方案 二（一）"
  reference_line 60
  total_cap      100

  minimum = lookup :education, "硕士研究生" => 2, "本科" => 4, "大专" => 4, "中专" => 5

  condition "title", "现任助理工程师", of: :current_title, one_of: ["助理工程师（初级）"], basis: "人社部令第40号第十四条（逐级申报）"
  condition "tenure", "任助理工程师年限", of: years(:tenure_months), at_least: minimum, basis: "实施方案二（一）"
  condition "assessed", "近 2 年年度考核合格以上", of: :annual_assessments, none: ["基本合格", "不合格"], window: 2,
            up_to: :last_full_year, basis: "人社部令第40号第十三条"

  veto "V1", "处于处分期", of: :sanctioned, is: true, by: "unit"

  section "A", "政治表现与考核", cap: 25 do
    tier "A1", "政治表现鉴定", cap: 5, of: :political_grade, by: "unit", evidence: "鉴定表",
         table: {"优秀" => 5, "良好" => 4, "合格" => 3}
    tier_sum_avg "A2", "年度考核", cap: 10, of: :annual_assessments, window: 4, up_to: :last_full_year,
                 evidence: "年度考核登记表", table: {"优秀" => 2.5, "合格" => 2, "基本合格" => 0}
    tier "A3", "区（县）林业主管部门评价", cap: 10, of: :district_grade, by: "district", evidence: "评价意见",
         table: {"优" => 10, "良" => 8, "中" => 5, "差" => 0}
  end

  section "B", "基层年限", cap: 25 do
    piecewise "B1", "基层林业岗位年限", cap: 20, of: years(:grassroots_months), segments: [[8, 2.0], [nil, 1.0]],
              evidence: "人事档案"
    linear "B2", "任现职年限", cap: 5, of: years(:tenure_months), above: minimum, per: 1.0, evidence: "聘书"
  end

  section "C", "业绩", cap: 40 do
    step "C1", "造林和抚育面积（亩）", cap: 10, of: :area_mu, by: "unit", evidence: "面积核实表",
         steps: [[2000, 10], [1000, 8], [500, 5], [1, 2]]
    step "C2", "造林成活率（%）", cap: 5, of: :survival_percent, by: "unit", evidence: "验收单", steps: [[90, 5], [85, 3]]
    # 类别 × 级别，乘以作用系数，取最高两项
    matrix "C3", "林业项目", cap: 15, of: :projects, top: 2, evidence: "立项和验收文件",
           table: {"造林绿化" => {"省部级" => 10, "地市级" => 8, "县区级" => 5},
                   "有害生物防治" => {"省部级" => 10, "地市级" => 8, "县区级" => 5},
                   "林下经济" => {"省部级" => 8, "地市级" => 6, "县区级" => 4}},
           factor: {"造林绿化" => {"主持" => 1, "参与" => 0.5},
                    "有害生物防治" => {"主持" => 1, "参与" => 0.5},
                    "林下经济" => {"主持" => 1, "参与" => 0.5}}
    linear "C4", "林农培训", cap: 5, of: :training_sessions, per: 0.5, evidence: "签到表"
    expert "C5", "技术水平", cap: 5, range: 0..5, evidence: "业绩报告"
  end

  section "D", "学历与荣誉", cap: 10 do
    tier "D1", "学历", cap: 6, of: :education, evidence: "毕业证",
         table: {"硕士研究生" => 6, "本科" => 5, "大专" => 4, "中专" => 3}
    best_of "D2", "荣誉", cap: 4, of: :honours, key: "level", evidence: "证书",
            table: {"省部级" => 4, "地市级" => 3, "县区级" => 2}
  end
end
