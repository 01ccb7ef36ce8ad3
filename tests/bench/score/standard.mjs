// The numbers of scripts/teacher/intermediate.rb once more, in hundredths, for the engines that are compared with it.
// A change of the standard that is not made here shows: the bench refuses to measure engines that answer otherwise.

const hundredths = (table) => Object.fromEntries(Object.entries(table).map(([word, number]) => [word, Math.round(number * 100)]));

/** 950 -> "9.50" */
export const fixed = (h) => `${Math.floor(h / 100)}.${h % 100 < 10 ? '0' : ''}${h % 100}`;
/** 950 -> "9.5", 1500 -> "15" */
export const short = (h) => (h % 100 === 0 ? String(h / 100) : fixed(h).replace(/0$/, ''));

export const total = 10000;
export const sections = {
  A: { cap: 1500, items: ['A1', 'A2', 'A3'] },
  B: { cap: 2500, items: ['B1', 'B2', 'B3'] },
  C: { cap: 1800, items: ['C1', 'C2', 'C3'] },
  D: { cap: 2700, items: ['D1', 'D2', 'D3', 'D4', 'D5'] },
  E: { cap: 800, items: ['E1', 'E2'] },
  F: { cap: 700, items: ['F1', 'F2'] },
};
export const items = Object.values(sections).flatMap((section) => section.items);
export const conditions = ['title', 'tenure', 'grassroots', 'recent', 'assessed'];
export const vetoes = ['A0.1', 'A0.2', 'A0.3', 'A0.4', 'A0.5', 'A0.6'];

/** Every grade of a yearly assessment, also those that a table does not name. */
export const grades = ['优秀', '合格', '基本合格', '不合格', '不定等次'];

export const least = {
  tenure: hundredths({ 博士研究生: 0, 硕士研究生: 2, 本科: 4, 大专: 4, 中专: 5 }),
  grassroots: hundredths({ 博士研究生: 1, 硕士研究生: 2, 本科: 3, 大专: 3, 中专: 3 }),
};

/** The track that is not asked for years at the grassroots. */
export const spared = '自治区通用职称';

export const tables = {
  A1: hundredths({ 优秀: 6, 良好: 5, 合格: 4, 基本合格: 2 }),
  A2: hundredths({ 优秀: 1.2, 合格: 1.0 }),
  A3: hundredths({ 国家级: 3, 省部级: 3, 地市级: 2, 县区级: 1.5, 乡镇级: 1, 校级: 1 }),
  C1: hundredths({ 优秀: 2, 合格: 1.5, 基本合格: 0 }),
  C2: hundredths({ 优: 5, 良: 4, 中: 3, 差: 0 }),
  C3: [[9000, 100], [8000, 80], [7000, 60], [6000, 30], [0, 0]],
  D1: hundredths({ '超工作量20%以上': 8, 达标: 6 }),
  D4: hundredths({ 省级: 4, 地市级: 3, 县区级: 2, '校级（学区）': 1 }),
  D5: hundredths({ 县区级: 1, 地市级: 1.5, 省级: 2 }),
  E1: hundredths({ 博士研究生: 100, 硕士研究生: 100, 本科: 90, 大专: 75, 中专: 60, 高中: 50 }),
  F1: hundredths({ 国家级: 5, 省部级: 5, 地市级: 4, 县区级: 3, 乡镇级: 1.5, 校级: 1 }),
  F2: {
    课题: hundredths({ 省级: 4, 地市级: 3, 县区级: 2 }),
    论文: hundredths({ 核心期刊: 3, 省级: 2, 地市级: 1, 县区级: 1 }),
    教学案例: hundredths({ 省级: 1.5, 地市级: 1.5, 县区级: 1.5 }),
    校本课程: hundredths({ 省级: 1.5, 地市级: 1.5, 县区级: 1.5 }),
    教案: hundredths({ 省级: 1.5, 地市级: 1.5, 县区级: 1.5 }),
  },
};
export const shares = {
  课题: { 主持或第一作者: 100, 第二作者: 50, 参与或其他作者: 50 },
  论文: { 主持或第一作者: 100, 第二作者: 50 },
  教学案例: { 主持或第一作者: 100, 第二作者: 50 },
  校本课程: { 主持或第一作者: 100, 第二作者: 50 },
  教案: { 主持或第一作者: 100, 第二作者: 50 },
};
