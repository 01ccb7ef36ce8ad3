# 农业技术（农艺、畜牧、兽医） · 中级（农艺师、畜牧师、兽医师）定向评价：申报条件与量化赋分标准
#
# 示例标准，不是乌鲁木齐市正式印发的赋分表：按实施方案二（一）“适当放宽学历，加大政治表现、工作业绩、
# 工作年限、主管部门和单位考核权重”编写，正式使用前须经自治区行业主管部门同意。
#
# 怎样改：直接改数字。cap 是封顶分；table 是“档次 => 分值”；at_least 是最低要求；lookup 是按学历查表。
# 各部分封顶合计不得超过 100。改后先“试算”，看清对每个人的影响，再由第二人批准启用。

standard "agriculture", "intermediate" do
  name  "农艺师、畜牧师、兽医师（中级）定向评价量化赋分标准（示例）"
  basis "关于对乌鲁木齐市县以下基层专业技术人员开展职称评聘“定向评价、定向使用”工作的实施方案 二（一）、二（四）",
        "《职称评审管理暂行规定》（人社部令第40号）"

  reference_line 60
  # 同分时依次比较：基层工作年限部分、年度考核、艰苦岗位在岗、基层年限、年龄
  tie_break "B", "C1", :at_hardship, :grassroots_months, :age

  # 最低任现职（助理级）年限，按有效最高学历（放宽到中专，以更长的任职年限补足）
  tenure = lookup :education, "博士研究生" => 0, "硕士研究生" => 2, "本科" => 4, "大专" => 4, "中专" => 5
  # 最低基层工作年限，按有效最高学历
  grassroots = lookup :education, "博士研究生" => 1, "硕士研究生" => 2, "本科" => 3, "大专" => 3, "中专" => 3

  # --- 申报条件：有一条不符合，不能申报 -----------------------------------------------------------
  condition "title", "现任助理级职称", of: :current_title,
            one_of: ["助理农艺师、助理畜牧师、助理兽医师（初级）", "执业兽医师（对应助理兽医师）"],
            basis: "人社部令第40号第十四条（逐级申报）；人社部发〔2019〕114号"
  condition "licensed_vet", "以执业兽医师申报的，专业为兽医", note: "执业兽医师只对应助理兽医师",
            basis: "人社部发〔2019〕114号" do |facts|
    if facts[:current_title] != "执业兽医师（对应助理兽医师）"
      [true, "不是以执业兽医师申报"]
    else
      [facts[:branch] == "兽医", "执业兽医师，申报#{facts[:branch]}专业"]
    end
  end
  condition "tenure", "任现职年限", of: years(:tenure_months), at_least: tenure,
            basis: "人社部发〔2019〕114号；实施方案二（一）"
  condition "grassroots", "基层工作年限", of: years(:grassroots_months), at_least: grassroots,
            except: {track: "自治区通用职称"}, basis: "实施方案一、二（一）；人社部令第40号第十四条"
  condition "recent", "近 3 年连续在基层专业技术岗位", of: years(:recent_grassroots_months), at_least: 3,
            except: {track: "自治区通用职称"}, basis: "实施方案一"
  condition "assessed", "近 4 年年度考核无基本合格以下等次", of: :annual_assessments, none: ["基本合格", "不合格"],
            window: 4, up_to: :last_full_year, basis: "人社部令第40号第十三条"

  # --- 一票否决 -----------------------------------------------------------------------------------
  veto "A0.1", "政治审查不合格", of: :political_vetting, is: false, by: "unit", evidence: "政审意见"
  veto "A0.2", "年度考核不合格（当年或近 2 年）", of: :annual_assessments, any: "不合格", window: 2, up_to: :last_full_year
  veto "A0.3", "处分期内（记过及以上）", of: :sanctioned, is: true, by: "unit"
  veto "A0.4", "材料弄虚作假", of: :false_material, is: true, by: "unit"
  veto "A0.5", "重大动物疫情、农产品质量安全责任事故", of: :accident_found, is: true, by: "unit"

  # --- 赋分 ---------------------------------------------------------------------------------------
  section "A", "政治表现与职业道德", cap: 12 do
    tier "A1", "政治表现鉴定", cap: 6, of: :political_grade, by: "unit", evidence: "党组织鉴定表",
         table: {"优秀" => 6, "良好" => 5, "合格" => 4, "基本合格" => 2}

    step "A2", "服务对象满意度", cap: 3, of: :service_satisfaction_percent, by: "unit", evidence: "满意度测评表",
         steps: [[90, 3], [70, 2], [60, 1]], note: "满意率，%"

    linear "A3", "驻村、科技特派员、民族团结工作", cap: 3, of: years(:dispatch_months), per: 1.5, evidence: "派驻文件"
  end

  section "B", "基层工作年限", cap: 25 do
    piecewise "B1", "乡镇、涉农街道所属事业单位从事本专业工作年限", cap: 15,
              of: years(:grassroots_months, :half_year_up), segments: [[10, 1.0], [nil, 0.5]],
              evidence: ["人事档案、工作经历", "岗位聘用合同"]

    linear "B2", "任现职（聘任）年限", cap: 5, of: years(:tenure_months), above: tenure, per: 1.0,
           evidence: "聘书、聘用合同"

    linear "B3", "牧区、边远乡镇艰苦岗位年限", cap: 5, of: years(:hardship_months), per: 0.5,
           evidence: ["单位证明", "区县主管部门认定名单"]
  end

  section "C", "主管部门与单位考核", cap: 18 do
    # “不定等次”的年度（如见习期）不计入实有年数
    tier_sum_avg "C1", "年度考核", cap: 8, of: :annual_assessments, window: 4, up_to: :last_full_year,
                 skip: "不定等次", evidence: "年度考核登记表", table: {"优秀" => 2, "合格" => 1.5, "基本合格" => 0}

    tier "C2", "区（县）行业主管部门考核评价", cap: 5, of: :district_grade, by: "district", evidence: "考核意见表",
         table: {"优" => 5, "良" => 4, "中" => 3, "差" => 0}

    pct_band "C3", "单位民主测评", cap: 5, of: :satisfaction_percent, valid: :satisfaction_quorum, by: "unit",
             invalid: "参加测评人数不足应到的三分之二", evidence: "测评统计表",
             bands: [[90, 1.0], [80, 0.8], [70, 0.6], [60, 0.3], [0, 0]]
  end

  section "D", "技术推广业绩", cap: 30 do
    expert "D1", "新品种新技术引进示范推广", cap: 10, range: 0..10, evidence: "项目批文、验收材料",
           note: "主持 3 分/项，主要参与（前 3）2 分/项，参与 1 分/项"

    # 农艺类专业看推广面积（亩），畜牧、兽医专业看应免密度（%），不适用的一项为 0
    best_of "D2", "服务覆盖与成效", cap: 8, by: "unit", evidence: ["面积核实表", "免疫台账"] do
      step "农艺类专业推广面积（亩）", of: :area_mu, steps: [[1000, 8], [500, 6], [200, 4], [1, 2]]
      step "畜牧、兽医专业应免密度（%）", of: :immunity_percent, steps: [[100, 8], [95, 6], [90, 4]]
    end

    linear "D3", "农民培训与现场指导", cap: 6, of: :training_sessions, per: 0.5, evidence: ["签到表", "现场照片"],
           note: "每场 20 人以上"

    expert "D4", "技术材料（规程、方案、疫情处置报告）", cap: 4, range: 0..4, evidence: "采纳证明",
           note: "市级采纳 3 分，县级 2 分，乡级 1 分"

    linear "D5", "联系示范户、带徒", cap: 2, of: :household_years, per: 0.5, evidence: ["示范户名册", "师徒协议"]
  end

  section "E", "学历与继续教育", cap: 8 do
    # 按本项满分的百分比
    tier_ratio "E1", "学历学位", cap: 5, of: :education, evidence: ["毕业证、学位证", "学信网核验"],
               note: "以有效最高学历计，取得不满 1 年按原学历",
               table: {"博士研究生" => 100, "硕士研究生" => 100, "本科" => 90, "大专" => 75, "中专" => 60, "高中" => 50}

    ratio "E2", "继续教育", cap: 3, of: {ce_hours_average: 90, ce_public_average: 30}, evidence: "继续教育证书"
  end

  section "F", "奖励与成果", cap: 7 do
    # 级别 × 等次，乘以名次系数，就高取 1 项；表中最高为省部级，国家级按省部级计
    matrix "F1", "科技进步奖、丰收奖等", cap: 3, of: :awards, row: "level", column: "grade", rank: "rank", top: 1,
           evidence: "获奖证书",
           table: {"国家级" => {"一等" => 8, "二等" => 7, "三等" => 6},
                   "省部级" => {"一等" => 8, "二等" => 7, "三等" => 6},
                   "地市级" => {"一等" => 5, "二等" => 4, "三等" => 3},
                   "县区级" => {"一等" => 2, "二等" => 1.5, "三等" => 1}},
           factor: {"国家级" => {"第1—3名" => 1, "第4—7名" => 0.6, "第8名及以后" => 0.3},
                    "省部级" => {"第1—3名" => 1, "第4—7名" => 0.6, "第8名及以后" => 0.3},
                    "地市级" => {"第1—3名" => 1, "第4—7名" => 0.6, "第8名及以后" => 0.3},
                    "县区级" => {"第1—3名" => 1, "第4—7名" => 0.6, "第8名及以后" => 0.3}}

    best_of "F2", "综合荣誉", cap: 2, of: :honours, key: "level", evidence: ["荣誉证书", "文件"],
            table: {"国家级" => 3, "省部级" => 3, "地市级" => 2.5, "县区级" => 2, "乡镇级" => 1}

    # 论文非必备；地市级表中未列，按县级交流计；第二作者减半，其他作者不计
    matrix "F3", "论文、调研报告、技术总结", cap: 2, of: :papers, evidence: "成果原件",
           table: {"论文" => {"核心期刊" => 2, "省级" => 1.5, "地市级" => 1, "县级交流" => 1},
                   "调研报告" => {"核心期刊" => 2, "省级" => 1.5, "地市级" => 1, "县级交流" => 1},
                   "技术总结" => {"核心期刊" => 2, "省级" => 1.5, "地市级" => 1, "县级交流" => 1}},
           factor: {"论文" => {"第一作者" => 1, "第二作者" => 0.5},
                    "调研报告" => {"第一作者" => 1, "第二作者" => 0.5},
                    "技术总结" => {"第一作者" => 1, "第二作者" => 0.5}}
  end
end
