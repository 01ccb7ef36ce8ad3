// People's identity numbers and telephones, and the memory of a process to look for them in.

import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** A valid identity number (GB 11643) of this birth date and sex; `n` tells people apart. */
export function numberOf({ birth_date, sex }, n) {
  const digits = `650103${birth_date.replaceAll('-', '')}${String(n * 2 + 100 + (sex === 'male' ? 1 : 0)).padStart(3, '0')}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  return digits + '10X98765432'[weights.reduce((sum, weight, i) => sum + weight * digits[i], 0) % 11];
}

/** From now on whoever gets an account with a birth date gets both numbers, unless he brings them. Answers the list
 *  of them, which grows. */
export function giveNumbers(server) {
  const numbers = [], make = server.account.bind(server);
  server.account = (login, grants, more = {}) => {
    if (!more.person?.birth_date) return make(login, grants, more);
    const all = { id_number: numberOf(more.person, numbers.length / 2), phone: `1391234${String(5000 + numbers.length)}`, ...more };
    numbers.push(all.id_number, all.phone);
    return make(login, grants, all);
  };
  return numbers;
}

/** What a process has in its writable memory, as far as it can be read, a byte a character. */
export function memoryOf(pid) {
  const fd = openSync(`/proc/${pid}/mem`, 'r');
  const parts = [];
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
    if (!from || /\[v/.test(line)) continue;
    const bytes = Buffer.alloc(parseInt(to, 16) - parseInt(from, 16));
    try {
      parts.push(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, parseInt(from, 16))));
    } catch {} // not there yet
  }
  closeSync(fd);
  return Buffer.concat(parts).toString('latin1');
}
