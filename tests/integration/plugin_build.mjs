// Series plugins made by the compiler for a test.

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { top } from './harness.mjs';

const field = (id, name, more = {}) => ({ id, name, name_en: id, required: true, type: 'text', max_length: 100, ...more });

/** The form of a series: one repeated section "work" with `fields`, and one plain section by the unit. */
export const form = (id, version, fields = ['place', 'trees']) => ({
  series: id, name: '林业', name_en: 'Forestry', version,
  levels: [{ id: 'junior', name: '初级', name_en: 'Junior', title: '林业技术员', title_en: 'Forestry technician', approval: '市人社局', approval_en: 'City bureau' }],
  specialties: [{ id: 'planting', name: '造林', name_en: 'Planting', exam_based: false }],
  facts: [{ id: 'edition', name: '版本', by: 'applicant' }, { id: 'works', name: '项数', unit: '项', by: 'applicant' }],
  sections: [
    { id: 'work', name: '工作', name_en: 'Work', by: 'applicant', verifier: ['unit'], repeat: true, min: 1, max: 5, evidence: 'none', fields: fields.map((one) => field(one, { place: '林场', trees: '树种', soil: '土壤' }[one])) },
    { id: 'opinion', name: '单位意见', name_en: 'Opinion of the unit', by: 'unit', verifier: [], repeat: false, evidence: 'none', fields: [field('text', '意见')] },
  ],
});

/** Writes the object <folder>/<id>.so. `defines`: {ABI: 7}, {CRASH: 1}; `name`: another file's name; `tail`: bytes behind its end. */
export function buildPlugin(folder, id, version, { fields, defines = {}, name = id, words = form(id, version, fields) } = {}) {
  const place = mkdtempSync(join(tmpdir(), 'titled-form-')), file = join(folder, `${name}.so`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(place, 'form.json'), JSON.stringify(words));
  const all = { ID: `"${id}"`, VERSION: `"${version}"`, ABI: 'TITLED_PLUGIN_ABI_MAJOR', ...defines };
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'jansson'], { encoding: 'utf8' }).trim().split(/\s+/);
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', file, `-I${place}`, `-I${join(top, 'core/include')}`, ...Object.entries(all).map(([key, value]) => `-D${key}=${value}`), join(top, 'tests/integration/plugin_source.c'), ...flags]);
  rmSync(place, { recursive: true });
  chmodSync(file, 0o644);
  return file;
}

/** A standard of the series; `points` for each item of work. */
export function writeScripts(folder, id, points = 2) {
  mkdirSync(join(folder, 'cases'), { recursive: true });
  writeFileSync(join(folder, 'junior.rb'), `standard "${id}", "junior" do
  name           "林业技术员量化赋分标准"
  reference_line 2
  total_cap      10
  section "A", "工作", cap: 10 do
    linear "A1", "工作项数", cap: 10, of: :works, per: ${points}, evidence: "无"
  end
end
`);
  writeFileSync(join(folder, 'cases/two.json'), JSON.stringify({
    name: '两项工作', level: 'junior',
    dossier: { cutoff_date: '2026-08-31', level: 'junior', specialty: 'planting', track: 'directed', person: {}, unit: {}, content: { work: [{ id: 'aaaaaaaa' }, { id: 'bbbbbbbb' }] }, assessments: {}, evidence: {} },
    expert: {}, expected: { total: 200 * points, eligible: true, vetoed: false, items: { A1: 200 * points }, conditions: {}, gates: {} },
    arithmetic: [`A1：2 × ${points} = ${2 * points}`],
  }));
  return folder;
}
