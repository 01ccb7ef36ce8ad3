# 基层卫生专业技术人员 · 正高级（主任医、药、护、技师）定向评价：申报条件与量化赋分标准
#
# 示例标准，不是乌鲁木齐市正式印发的赋分表：按实施方案二（一）“适当放宽学历，加大政治表现、工作业绩、
# 工作年限、主管部门和单位考核权重”编写，正式使用前须经自治区行业主管部门同意。
# 初、中级实行全国统一考试（以考代评），没有定向评价标准。
#
# 怎样改：直接改数字。cap 是封顶分；table 是“档次 => 分值”；at_least 是最低要求；lookup 是按学历查表。
# 各部分封顶合计不得超过 100。改后先“试算”，看清对每个人的影响，再由第二人批准启用。

standard "health", "full_senior" do
  name  "主任医（药、护、技）师（正高级）定向评价量化赋分标准（示例）"
  basis "关于对乌鲁木齐市县以下基层专业技术人员开展职称评聘“定向评价、定向使用”工作的实施方案 二（一）、二（四）",
        "《职称评审管理暂行规定》（人社部令第40号）",
        "《关于深化卫生专业技术人员职称制度改革的指导意见》（人社部发〔2021〕51号）"

  reference_line 60
  # 同分时依次比较：基层工作年限部分、年度考核、村卫生室在岗、基层年限、年龄
  tie_break "B", "C1", :at_village, :grassroots_months, :age

  # 最低任现职（副高级）年限，按有效最高学历
  tenure = lookup :education, "博士研究生" => 5, "硕士研究生" => 5, "本科" => 5, "大专" => 5
  # 最低基层工作年限：大专学历以更长的基层年限放宽
  grassroots = lookup :education, "博士研究生" => 15, "硕士研究生" => 15, "本科" => 20, "大专" => 25

  # --- 申报条件：有一条不符合，不能申报 -----------------------------------------------------------
  condition "title", "现任副高级职称", of: :current_title, one_of: "副主任医（药、护、技）师（副高级）",
            basis: "人社部令第40号第十四条（逐级申报）"
  condition "tenure", "任现职年限", of: years(:tenure_months), at_least: tenure,
            basis: "人社部发〔2021〕51号；实施方案二（一）"
  condition "grassroots", "基层工作年限", of: years(:grassroots_months), at_least: grassroots,
            except: {track: "自治区通用职称"}, basis: "实施方案一、二（一）；人社部令第40号第十四条"
  condition "recent", "近 3 年连续在基层卫生专业技术岗位", of: years(:recent_grassroots_months), at_least: 3,
            except: {track: "自治区通用职称"}, basis: "实施方案一"
  condition "assessed", "近 5 年年度考核无基本合格以下等次", of: :annual_assessments, none: ["基本合格", "不合格"],
            window: 5, up_to: :last_full_year, basis: "人社部令第40号第十三条"

  # --- 一票否决 -----------------------------------------------------------------------------------
  veto "A0.1", "政治审查不合格", of: :political_vetting, is: false, by: "unit", evidence: "政审意见"
  veto "A0.2", "医德医风审查不合格", of: :ethics_failed, is: true, by: "unit", evidence: "医德考评表"
  veto "A0.3", "纪律审查不合格", of: :discipline_failed, is: true, by: "unit", evidence: "纪检意见"
  veto "A0.4", "发生二级以上医疗事故负主要责任", of: :accident_liable, is: true, by: "unit", evidence: "事故鉴定"
  veto "A0.5", "执业资格失效", of: :licence_lapsed, is: true, by: "unit", evidence: "执业注册信息"
  veto "A0.6", "处分期内（记过及以上）", of: :sanctioned, is: true, by: "unit"
  veto "A0.7", "弄虚作假", of: :false_material, is: true, by: "unit"

  # --- 赋分 ---------------------------------------------------------------------------------------
  section "A", "政治表现与医德医风", cap: 15 do
    tier "A1", "政治表现鉴定", cap: 6, of: :political_grade, by: "unit", evidence: "党组织鉴定表",
         table: {"优秀" => 6, "良好" => 5, "合格" => 4, "基本合格" => 2}

    tier_sum_avg "A2", "医德考评", cap: 6, of: :ethics_assessments, window: 5, up_to: :last_full_year,
                 by: "unit", evidence: "医德考评表", table: {"优秀" => 1.2, "良好" => 1.0, "一般" => 0.6, "较差" => 0}

    best_of "A3", "重大公共卫生任务、驻村、援助", cap: 3, evidence: ["表彰文件", "派遣文件"] do
      # 表中最高为省部级，国家级按省部级计；单位级不计
      best_of "表彰", of: :public_task_honours, key: "level",
              table: {"国家级" => 3, "省部级" => 3, "地市级" => 2, "县区级" => 1.5}
      step "参与（月）", of: :public_task_months, steps: [[6, 1]]
    end
  end

  section "B", "基层工作年限", cap: 25 do
    piecewise "B1", "乡镇卫生院、村卫生室、社区卫生服务中心工作年限", cap: 15,
              of: years(:grassroots_months, :half_year_up), segments: [[10, 1.0], [nil, 0.5]],
              evidence: ["人事档案、工作经历", "岗位聘用合同"]

    linear "B2", "任现职年限", cap: 5, of: years(:tenure_months), above: tenure, per: 1.0, evidence: "聘书"

    linear "B3", "村卫生室、艰苦边远岗位年限", cap: 5, of: years(:hardship_months), per: 0.5,
           evidence: ["单位证明", "区县主管部门认定名单"]
  end

  section "C", "主管部门与单位考核", cap: 18 do
    # “不定等次”的年度（如见习期）不计入实有年数
    tier_sum_avg "C1", "年度考核", cap: 10, of: :annual_assessments, window: 5, up_to: :last_full_year,
                 skip: "不定等次", evidence: "年度考核登记表", table: {"优秀" => 2, "合格" => 1.5, "基本合格" => 0}

    tier "C2", "区（县）卫生健康主管部门考核评价", cap: 5, of: :district_grade, by: "district", evidence: "考核意见表",
         table: {"优" => 5, "良" => 4, "中" => 3, "差" => 0}

    pct_band "C3", "单位民主测评", cap: 3, of: :satisfaction_percent, valid: :satisfaction_quorum, by: "unit",
             invalid: "参加测评人数不足应到的三分之二", evidence: "测评统计表",
             bands: [[90, 1.0], [80, 0.8], [70, 0.6], [60, 0.3], [0, 0]]
  end

  section "D", "业务工作实绩", cap: 26 do
    # 任现职以来年均在岗周数，副高级任职期间以每年 35 周为满分
    ratio "D1", "专业工作量（年均在岗周数）", cap: 8, of: {weeks_average: 35}, by: "unit",
          evidence: ["HIS 工作量", "排班、考勤"]

    step "D2", "基本公共卫生与家庭医生签约任务完成率（%）", cap: 6, of: :public_health_percent, by: "unit",
         steps: [[100, 6], [90, 4.5], [80, 3]], evidence: "公共卫生系统报表"

    # 3 份合计：每份 0—2 分，3 名以上专家盲评取均值
    expert "D3", "代表性病案、护理案例或专题报告（3 份）", cap: 6, range: 0..6, mean: :plain, evidence: "去标识化病案 3 份"

    sum_of "D4", "适宜技术、新技术新项目", cap: 4, of: :techniques, key: "kind",
           table: {"适宜技术" => 2, "新技术、新项目" => 2}, evidence: "开展证明"

    linear "D5", "带教与村医培训", cap: 2, of: :teaching_years, per: 1.0, by: "unit", evidence: "带教记录"
  end

  section "E", "学历与继续教育", cap: 7 do
    # 按本项满分的百分比
    tier_ratio "E1", "学历", cap: 3, of: :education, evidence: ["毕业证、学位证", "学信网核验"],
               note: "以有效最高学历计，取得不满 1 年按原学历",
               table: {"博士研究生" => 100, "硕士研究生" => 100, "本科" => 90, "大专" => 75, "中专" => 60}

    # 学分或学时，取比例高的一项
    best_of "E2", "继续医学教育", cap: 4, evidence: "学分证明" do
      ratio "学分", cap: 4, of: {ce_credits_average: 25}
      ratio "学时", cap: 4, of: {ce_hours_average: 90}
    end
  end

  section "F", "荣誉与成果", cap: 9 do
    best_of "F1", "荣誉", cap: 4, of: :honours, key: "level", evidence: ["荣誉证书", "文件"],
            table: {"国家级" => 4, "省部级" => 4, "地市级" => 3, "县区级" => 2, "单位级" => 1}

    # 非必备
    matrix "F2", "科技奖、论文", cap: 5, of: :achievements, evidence: ["获奖证书", "检索证明"],
           table: {"省部级科技奖" => {"一等奖" => 5, "二等奖" => 4, "三等奖" => 3},
                   "地市级科技奖" => {"一等奖" => 3, "二等奖" => 2, "三等奖" => 1},
                   "论文" => {"核心期刊" => 2, "省级刊物" => 1}}
  end
end
