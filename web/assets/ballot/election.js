// What is voted on (Belenios 2.0, section 4.10), read with suspicion: core/ballot/election.c.

import { name as groupName, readElement } from "./group.js";
import { Refused, fingerprint, parse } from "./text.js";

const QUESTIONS_MAX = 2000;
const ANSWERS_MAX = 8;

const whole = (value, min, max) => Number.isInteger(value) && value >= min && value <= max;

function readQuestion(value, number) {
  const { question, answers, min, max, blank } = value ?? {};
  const texts = Array.isArray(answers) && answers.every((answer) => typeof answer === "string");
  if (typeof question !== "string" || !texts || !whole(answers.length, 1, ANSWERS_MAX) || blank === true || !whole(max, 0, answers.length) || !whole(min, 0, max) || max - min >= ANSWERS_MAX)
    throw new Refused(`election: question ${number}: not of the kind that is counted by sums, without blank votes`);
  return { title: question, answers, min, max };
}

const isPart = (part) => Array.isArray(part) && part.length === 2 && whole(part[1], 1, 1000) && whole(part[0], 0, part[1]);

/** The meeting's numbers in the description; null when it says nothing of the kind. */
function readRule(description) {
  try {
    const { members, present, of, quorum, majority } = JSON.parse(description);
    const holds = whole(members, 1, 100000) && whole(present, 0, members) && whole(of, 1, present) && isPart(quorum) && isPart(majority);
    return holds ? { members, present, of, quorum, majority } : null;
  } catch {
    return null;
  }
}

/** {uuid, name, fingerprint, y, rule, questions: [{title, answers, min, max}]} of the election's text. */
export function readElection(text) {
  const value = parse(text, "election");
  if (value?.version !== 1) throw new Refused("election: version: 1 is the one known here");
  if (value.group !== groupName) throw new Refused(`election: group: not ${groupName}`);
  if (typeof value.uuid !== "string" || !/^[1-9A-HJ-NP-Za-km-z]{14,64}$/.test(value.uuid)) throw new Refused("election: uuid: not of base 58");
  if (!Array.isArray(value.questions) || !whole(value.questions.length, 1, QUESTIONS_MAX)) throw new Refused("election: questions: none, or too many");
  return {
    uuid: value.uuid,
    name: typeof value.name === "string" ? value.name : "",
    fingerprint: fingerprint(text),
    y: readElement(value.public_key, "election: public_key"),
    rule: readRule(value.description),
    questions: value.questions.map((question, i) => readQuestion(question, i + 1)),
  };
}
