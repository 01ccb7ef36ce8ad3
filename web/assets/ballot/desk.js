// A worker of one's own for the ballot's work: call it, and end it, which forgets all it knows.

/** {call(name, argument, told), end()}. A call's promise is refused with an Error whose `refused` is true when something in
 *  the ballot does not hold, and false when the browser could not do it. */
export function openDesk() {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const waiting = new Map();
  let last = 0;
  const settle = (id, how, value) => {
    waiting.get(id)?.[how](value);
    waiting.delete(id);
  };
  const fail = (detail, refused) => Object.assign(new Error(detail), { refused });
  worker.onmessage = ({ data: { id, done, of, result, refused, failed } }) => {
    if (of !== undefined) waiting.get(id)?.told(done, of);
    else if (refused !== undefined || failed !== undefined) settle(id, "reject", fail(refused ?? failed, refused !== undefined));
    else settle(id, "resolve", result);
  };
  const stop = (detail) => {
    worker.terminate();
    for (const id of [...waiting.keys()]) settle(id, "reject", fail(detail, false));
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    stop(event.message || "the worker could not start");
  };
  return {
    call(name, argument, told = () => {}) {
      return new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject, told });
        worker.postMessage({ id: last, call: name, argument });
      });
    },
    end: () => stop("ended"),
  };
}
