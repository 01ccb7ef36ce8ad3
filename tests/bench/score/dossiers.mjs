// Dossiers to score: the facts of the golden cases of teacher/intermediate with other values drawn for them, the
// same ones in every run. What people write freely (names, dates) differs from one dossier to the next, as it does
// in a cycle; grades, levels and months repeat, as they do there.

/** Numbers in [0, 1) from a seed (mulberry32). */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const place = ['国家级', '省部级', '地市级', '县区级', '乡镇级', '校级', '行业协会'];
const lesson = ['省级', '地市级', '县区级', '校级（学区）', '片区'];
const work = {
  kind: ['课题', '论文', '教学案例', '校本课程', '教案', '专著'],
  level: ['省级', '地市级', '县区级', '核心期刊'],
  role: ['主持或第一作者', '第二作者', '参与或其他作者'],
};
const spell = (months) => `${Math.floor(months / 12)} 年 ${months % 12} 个月`;

/** A draw for every fact that the standard reads, in the shape of the plugin's answer. */
class Draw {
  constructor(random) {
    this.random = random;
  }
  below(n) {
    return Math.floor(this.random() * n);
  }
  of(list) {
    return list[this.below(list.length)];
  }
  likely(share) {
    return this.random() < share;
  }
  /** The first word most often, the others ever more rarely. */
  grade(list, share = 0.55) {
    for (const word of list.slice(0, -1)) if (this.likely(share)) return word;
    return list.at(-1);
  }
  list(longest, make) {
    return Array.from({ length: Math.min(this.below(longest + 1), this.below(longest + 1) + 1) }, (_, i) => make(i));
  }
  date() {
    return `20${15 + this.below(11)}-${String(1 + this.below(12)).padStart(2, '0')}-${String(1 + this.below(28)).padStart(2, '0')}`;
  }
  years(count, words, share) {
    return Array.from({ length: count }, (_, i) => ({ year: 2026 - count + i, grade: this.grade(words, share) }));
  }
  named(what, fields) {
    return { name: `${what}第 ${this.below(100000)} 号`, date: this.date(), ...fields };
  }
}

function change(facts, draw) {
  const set = (name, value, because) => (facts[name] = { ...facts[name], value, because });
  const months = (name, most) => {
    const value = draw.below(most);
    set(name, value, `${draw.date()} 起，${spell(value)}`);
  };
  const official = (name, value, because = String(value)) =>
    draw.likely(0.04) ? set(name, null, '') : set(name, value, because);
  const yes = (name, share, texts) => {
    const value = draw.likely(share);
    official(name, value, value ? texts[0] : texts[1]);
  };
  months('grassroots_months', 420);
  months('recent_grassroots_months', 200);
  months('hardship_months', draw.likely(0.3) ? 160 : 6);
  months('tenure_months', 140);
  months('village_service_months', draw.likely(0.2) ? 40 : 2);
  set('age', 24 + draw.below(35), '周岁');
  set('at_village', draw.likely(0.4), '');
  const education = draw.grade(['本科', '大专', '中专', '硕士研究生', '高中'], 0.5);
  set('education', education, `${education}，${draw.date()} 取得`);
  set('current_title', draw.grade(['二级教师（初级）', '三级教师（初级）'], 0.95), '');
  facts.current_title.because = facts.current_title.value;
  set('annual_assessments', draw.years(2 + draw.below(5), ['合格', '优秀', '不定等次', '基本合格', '不合格'], 0.7), '');
  set('ethics_assessments', draw.years(3 + draw.below(4), ['合格', '优秀', '不合格'], 0.7), '');
  set('honours', draw.list(3, () => draw.named('荣誉', { level: draw.of(place), kind: '综合荣誉' })), '');
  set('ethics_honours', draw.list(2, () => draw.named('师德', { level: draw.of(place), kind: '师德表彰' })), '');
  set('open_lessons', draw.list(4, () => draw.named('公开课', { level: draw.of(lesson), kind: '公开课' })), '');
  set('student_awards', draw.list(3, () => draw.named('比赛', { level: draw.of(['县区级', '地市级', '省级', '校级']) })), '');
  set('research', draw.list(3, () => draw.named('成果', Object.fromEntries(Object.entries(work).map(([field, words]) => [field, draw.of(words)])))), '');
  set('homeroom_years', draw.below(8), '');
  set('mentoring_years', draw.below(4), '');
  set('ce_hours_average', 60 + draw.below(60), '');
  set('ce_public_average', 15 + draw.below(30), '');
  official('political_grade', draw.grade(['优秀', '良好', '合格', '基本合格', '不合格']));
  official('workload_grade', draw.grade(['达标', '超工作量20%以上', '未达标', '免考核']));
  official('workload_percent', 40 + draw.below(60));
  official('satisfaction_percent', 50 + draw.below(500) / 10);
  official('district_grade', draw.grade(['良', '优', '中', '差']));
  yes('satisfaction_quorum', 0.95, ['达到三分之二', '未达到三分之二']);
  yes('political_vetting', 0.98, ['政治审查合格', '政治审查不合格']);
  yes('ethics_failed', 0.01, ['师德考核不合格', '师德考核没有不合格']);
  yes('sanctioned', 0.01, ['处分期内', '不在处分期']);
  yes('false_material', 0.01, ['查实弄虚作假', '未发现弄虚作假']);
  yes('violation_found', 0.01, ['查实有偿补课', '未发现有偿补课、体罚']);
}

/** `count` inputs of a SCORE, {facts, gates, expert}, made from those of the golden cases. */
export function dossiers(golden, count, seed = 1) {
  const draw = new Draw(generator(seed));
  return Array.from({ length: count }, (_, i) => {
    const input = structuredClone(golden[i % golden.length]);
    if (i < golden.length) return input;
    change(input.facts, draw);
    input.expert = draw.likely(0.95) ? { D2: draw.below(801) } : {};
    return input;
  });
}

/** What a program that calls a rules engine would hand it: plain values, and the reasons that sentences quote. */
export const plain = ({ facts, gates, expert }) => ({
  ...Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact.value])),
  because: Object.fromEntries(
    ['current_title', 'political_vetting', 'ethics_failed', 'sanctioned', 'false_material', 'violation_found'].map((name) => [name, facts[name].because]),
  ),
  gates,
  D2: expert.D2 ?? null,
});
