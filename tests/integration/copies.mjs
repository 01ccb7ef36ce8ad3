// Many dossiers of one cycle, made by SQL from one that was submitted and scored.

import { rows, sql } from './estate.mjs';

/** Waits until the dossier's points are stored. */
export async function scored(server, id) {
  while (!rows(server, `select score_id from application where id = '${id}' and score_id is not null`).length) await server.control.ok('GET', '/health');
}

/** Copies of the dossier `id` for as many other people: sex, ethnicity, district, tier of the unit and three facts vary,
 *  numbers stand in for chance. Copies have facts and no points yet. The server may run, but not write. */
export async function copyDossiers(server, id, count, mark = 'TRY') {
  await scored(server, id);
  const columns = (table) => rows(server, `select name from pragma_table_info('${table}')`).map((row) => row.name);
  const copy = (table, where, change) => {
    const names = columns(table);
    return `insert into ${table} (${names}) select ${names.map((name) => change[name] ?? name)} from ${table}, n where ${where};`;
  };
  const key = (kind) => `printf('01${mark}${kind}%0${23 - mark.length}d', n.i)`;
  const [{ account_id, facts_id }] = rows(server, `select a.account_id, s.fact_set_id as facts_id from application a join score s on s.id = a.score_id where a.id = '${id}'`);
  const person = "json_object('sex', case when i % 2 then 'female' else 'male' end, 'ethnicity', case when i % 200 = 7 then '锡伯族' when i % 5 = 0 then '维吾尔族' when i % 5 = 1 then '哈萨克族' else '汉族' end)";
  sql(server, `.bail on
begin;
create temp table n(i integer primary key);
with recursive c(i) as (select 1 union all select i + 1 from c where i < ${count}) insert into n select i from c;
insert into unit (id, name, division_code, kind, grassroots) values ('01${mark}V0000001', '某村小学', '650109', 'school', 'village');
${copy('account', `id = '${account_id}'`, { id: key('A'), login: `'${mark}' || i`, person, id_number_key: 'null' })}
${copy('application', `id = '${id}'`, { id: key('P'), number: `'${mark}' || printf('%09d', i)`, account_id: key('A'), score_id: 'null', unit_id: `case when i % 3 then unit_id else '01${mark}V0000001' end`, division_code: "case when i % 3 then division_code else '650109' end" })}
${copy('fact_set', `id = '${facts_id}'`, { id: key('F'), application_id: key('P'), facts: "json_set(facts, '$.grassroots_months.value', 20 + i % 200, '$.homeroom_months.value', i % 90, '$.tenure_months.value', 40 + i % 97)" })}
commit;`);
}
