/** What will be done on which day, in the order in which it was put down. A task may add tasks to its own day or later ones. */
import { assert } from '../../core/errors.js';

type Task = (day: number) => void;

export interface Agenda {
  on(day: number, task: Task): void;
  /** Does the day's tasks and closes the day: nothing may be put down for it any more. */
  run(day: number): void;
}

export function createAgenda(): Agenda {
  const tasks = new Map<number, Task[]>();
  let closedDay = -Infinity;
  return {
    on: (day, task) => {
      assert(day > closedDay, `a task for day ${day} comes after the day`);
      const list = tasks.get(day);
      if (list === undefined) tasks.set(day, [task]);
      else list.push(task);
    },
    run: (day) => {
      const list = tasks.get(day) ?? [];
      tasks.set(day, list);
      for (let i = 0; i < list.length; i++) list[i]?.(day);
      tasks.delete(day);
      closedDay = day;
    },
  };
}
