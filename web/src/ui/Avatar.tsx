export function Avatar({ name }: { name: string }) {
  return (
    <span
      aria-hidden
      className="grid size-5.5 shrink-0 place-items-center rounded-full bg-line-strong font-medium text-text text-xs uppercase"
    >
      {[...name][0] ?? "?"}
    </span>
  );
}
