# 中小学（含幼儿园）教师 · 副高级（高级教师）定向评价：申报条件与量化赋分标准
#
# 示例标准，不是乌鲁木齐市正式印发的赋分表：按实施方案二（一）“适当放宽学历，加大政治表现、工作业绩、
# 工作年限、主管部门和单位考核权重”编写，正式使用前须经自治区行业主管部门同意。
#
# 怎样改：直接改数字。cap 是封顶分；table 是“档次 => 分值”；at_least 是最低要求；lookup 是按学历查表。
# 各部分封顶合计不得超过 100。改后先“试算”，看清对每个人的影响，再由第二人批准启用。

standard "teacher", "senior" do
  name  "高级教师（副高级）定向评价量化赋分标准（示例）"
  basis "关于对乌鲁木齐市县以下基层专业技术人员开展职称评聘“定向评价、定向使用”工作的实施方案 二（一）、二（四）",
        "《职称评审管理暂行规定》（人社部令第40号）"

  reference_line 60
  # 同分时依次比较：基层工作年限部分、年度考核、村庄学校在岗、基层年限、年龄
  tie_break "B", "C1", :at_village, :grassroots_months, :age

  # 最低任现职（一级教师）年限，按有效最高学历
  tenure = lookup :education, "博士研究生" => 2, "硕士研究生" => 5, "本科" => 5, "大专" => 5, "中专" => 7
  # 最低基层工作年限：学历越低，要求的基层年限越长，以此放宽学历
  grassroots = lookup :education, "博士研究生" => 3, "硕士研究生" => 7, "本科" => 10, "大专" => 15, "中专" => 20

  # --- 申报条件：有一条不符合，不能申报 -----------------------------------------------------------
  condition "title", "现任一级教师职称", of: :current_title, one_of: "一级教师（中级）",
            basis: "人社部令第40号第十四条（逐级申报）"
  condition "tenure", "任现职年限", of: years(:tenure_months), at_least: tenure,
            basis: "人社部发〔2015〕79号；实施方案二（一）"
  condition "grassroots", "基层工作年限", of: years(:grassroots_months), at_least: grassroots,
            except: {track: "自治区通用职称"}, basis: "实施方案一、二（一）；人社部令第40号第十四条"
  condition "recent", "近 3 年连续在基层教学一线", of: years(:recent_grassroots_months), at_least: 3,
            except: {track: "自治区通用职称"}, basis: "实施方案一"
  condition "assessed", "近 5 年年度考核无基本合格以下等次", of: :annual_assessments, none: ["基本合格", "不合格"],
            window: 5, up_to: :last_full_year, basis: "人社部令第40号第十三条"

  # --- 一票否决 -----------------------------------------------------------------------------------
  veto "A0.1", "政治审查不合格", of: :political_vetting, is: false, by: "unit", evidence: "政审意见"
  veto "A0.2", "师德考核不合格", of: :ethics_failed, is: true, by: "unit", evidence: "师德鉴定"
  veto "A0.3", "年度考核不合格（当年或近 2 年）", of: :annual_assessments, any: "不合格", window: 2, up_to: :last_full_year
  veto "A0.4", "处分期内（记过及以上）", of: :sanctioned, is: true, by: "unit"
  veto "A0.5", "材料弄虚作假", of: :false_material, is: true, by: "unit"
  veto "A0.6", "有偿补课、体罚查实", of: :violation_found, is: true, by: "unit"

  # --- 赋分 ---------------------------------------------------------------------------------------
  section "A", "政治表现与师德师风", cap: 15 do
    tier "A1", "政治表现鉴定", cap: 6, of: :political_grade, by: "unit", evidence: "党组织鉴定表",
         table: {"优秀" => 6, "良好" => 5, "合格" => 4, "基本合格" => 2}

    tier_sum_avg "A2", "师德年度考核", cap: 6, of: :ethics_assessments, window: 5, up_to: :last_full_year,
                 by: "unit", evidence: "师德考核表", table: {"优秀" => 1.2, "合格" => 1.0}

    best_of "A3", "师德、民族团结、驻村工作表彰或经历", cap: 3, evidence: ["表彰文件", "派驻文件"] do
      # 表中最高为省部级，国家级按省部级计
      best_of "表彰", of: :ethics_honours, key: "level",
              table: {"国家级" => 3, "省部级" => 3, "地市级" => 2, "县区级" => 1.5, "乡镇级" => 1, "校级" => 1}
      step "驻村", of: years(:village_service_months), steps: [[1, 2]]
    end
  end

  section "B", "基层工作年限", cap: 25 do
    piecewise "B1", "乡镇、涉农街道及村庄学校从事本专业工作年限", cap: 15,
              of: years(:grassroots_months, :half_year_up), segments: [[10, 1.0], [nil, 0.5]],
              evidence: ["人事档案、工作经历", "岗位聘用合同"]

    linear "B2", "任现职（聘任）年限", cap: 5, of: years(:tenure_months), above: tenure, per: 1.0,
           evidence: "聘书、聘用合同"

    linear "B3", "村小、教学点、牧区等更艰苦岗位年限", cap: 5, of: years(:hardship_months), per: 0.5,
           evidence: ["单位证明", "区县主管部门认定名单"]
  end

  section "C", "主管部门与单位考核", cap: 18 do
    # “不定等次”的年度（如见习期）不计入实有年数
    tier_sum_avg "C1", "年度考核", cap: 10, of: :annual_assessments, window: 5, up_to: :last_full_year,
                 skip: "不定等次", evidence: "年度考核登记表", table: {"优秀" => 2, "合格" => 1.5, "基本合格" => 0}

    tier "C2", "区（县）行业主管部门考核评价", cap: 5, of: :district_grade, by: "district", evidence: "考核意见表",
         table: {"优" => 5, "良" => 4, "中" => 3, "差" => 0}

    pct_band "C3", "单位民主测评", cap: 3, of: :satisfaction_percent, valid: :satisfaction_quorum, by: "unit",
             invalid: "参加测评人数不足应到的三分之二", evidence: "测评统计表",
             bands: [[90, 1.0], [80, 0.8], [70, 0.6], [60, 0.3], [0, 0]]
  end

  section "D", "教育教学业绩", cap: 27 do
    tier "D1", "教学工作量", cap: 8, of: :workload_grade, by: "unit", evidence: "课表、工作量证明",
         table: {"超工作量20%以上" => 8, "达标" => 6}, proportional: {"未达标" => [6, :workload_percent]}

    expert "D2", "教学质量与育人实绩", cap: 8, range: 0..8, evidence: ["教学质量监测", "典型案例"]

    linear "D3", "班主任、辅导员、教研组长年限", cap: 5, of: :homeroom_years, per: 1.0, evidence: "任命文件"

    top_n "D4", "公开课、示范课、优质课", cap: 4, of: :open_lessons, key: "level", top: 2,
          table: {"省级" => 4, "地市级" => 3, "县区级" => 2, "校级（学区）" => 1}, evidence: ["获奖证书", "公开课证明"]

    sum_of "D5", "传帮带与指导学生", cap: 2, by: "unit", evidence: ["协议", "证书"] do
      linear "指导青年教师（每人每学年）", of: :mentoring_years, per: 1.0
      sum_of "指导学生获奖", of: :student_awards, key: "level", table: {"县区级" => 1, "地市级" => 1.5, "省级" => 2}
    end
  end

  section "E", "学历与继续教育", cap: 5 do
    # 按本项满分的百分比
    tier_ratio "E1", "学历学位", cap: 3, of: :education, evidence: ["毕业证、学位证", "学信网核验"],
               note: "以有效最高学历计，取得不满 1 年按原学历",
               table: {"博士研究生" => 100, "硕士研究生" => 100, "本科" => 90, "大专" => 75, "中专" => 60, "高中" => 50}

    ratio "E2", "继续教育", cap: 2, of: {ce_hours_average: 90, ce_public_average: 30}, evidence: "继续教育证书"
  end

  section "F", "荣誉与教研成果", cap: 10 do
    best_of "F1", "综合荣誉", cap: 5, of: :honours, key: "level", evidence: ["荣誉证书", "文件"],
            table: {"国家级" => 5, "省部级" => 5, "地市级" => 4, "县区级" => 3, "乡镇级" => 1.5, "校级" => 1}

    # 论文非必备；地市级论文表中未列，按县区级计；案例、课程、教案须县级以上采纳
    matrix "F2", "教研成果", cap: 5, of: :research, evidence: ["成果原件", "检索证明"],
           table: {"课题" => {"省级" => 4, "地市级" => 3, "县区级" => 2},
                   "论文" => {"核心期刊" => 3, "省级" => 2, "地市级" => 1, "县区级" => 1},
                   "教学案例" => {"省级" => 1.5, "地市级" => 1.5, "县区级" => 1.5},
                   "校本课程" => {"省级" => 1.5, "地市级" => 1.5, "县区级" => 1.5},
                   "教案" => {"省级" => 1.5, "地市级" => 1.5, "县区级" => 1.5}},
           factor: {"课题" => {"主持或第一作者" => 1, "第二作者" => 0.5, "参与或其他作者" => 0.5},
                    "论文" => {"主持或第一作者" => 1, "第二作者" => 0.5},
                    "教学案例" => {"主持或第一作者" => 1, "第二作者" => 0.5},
                    "校本课程" => {"主持或第一作者" => 1, "第二作者" => 0.5},
                    "教案" => {"主持或第一作者" => 1, "第二作者" => 0.5}}
  end
end
