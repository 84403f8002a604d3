import i18next from "i18next";
import { messageOf } from "@/format/message";
import { say } from "@/ui/toasts";

const AT_ONCE = 4;

interface Failed<Row> {
  row: Row;
  error: string;
}

/** Do something to every row, a few at once; return those to which it was done, and those that failed. */
export async function overAll<Row>(
  rows: Row[],
  act: (row: Row) => Promise<unknown>,
  isStopped: () => boolean,
  told: (done: number) => void = () => {},
): Promise<{ changed: Row[]; failed: Failed<Row>[] }> {
  const changed: Row[] = [];
  const failed: Failed<Row>[] = [];
  const waiting = [...rows];
  let done = 0;
  const worker = async () => {
    for (let row = waiting.shift(); row !== undefined && !isStopped(); row = waiting.shift()) {
      try {
        await act(row);
        changed.push(row);
      } catch (error) {
        failed.push({ row, error: messageOf(error) });
      }
      done += 1;
      told(done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { changed, failed };
}

export interface Change<Row> {
  rows: Row[];
  rowName: (row: Row) => string;
  write: (row: Row) => Promise<unknown>;
  /** Gives a row back what it had; without it nothing can be taken back. */
  back?: ((row: Row) => Promise<unknown>) | undefined;
  /** What is said of so many that were changed. */
  said: (count: number) => string;
  /** Asks for the list anew. */
  shown: () => void;
  told: (done: number) => void;
  isStopped?: () => boolean;
}

/** Change every row, say which could not be, and offer to take it back. */
export async function changeAll<Row>(change: Change<Row>): Promise<void> {
  const { rows, rowName, write, back, said, shown, told, isStopped = () => false } = change;
  const tell = ({ failed }: { failed: Failed<Row>[] }) => {
    for (const { row, error } of failed) say("bad", `${rowName(row)}: ${error}`);
  };
  const made = await overAll(rows, write, isStopped, told);
  tell(made);
  if (made.changed.length > 0) {
    const takeBack = back && {
      label: i18next.t("action.undo"),
      run: async () => {
        tell(await overAll(made.changed, back, () => false));
        shown();
      },
    };
    say("good", said(made.changed.length), takeBack);
  }
  shown();
}
