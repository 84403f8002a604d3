import { Progress as Base } from "@base-ui/react/progress";

/** How far something is that takes a while. */
export function Progress({ share, label }: { share: number; label: string }) {
  return (
    <Base.Root value={Math.round(share * 100)} aria-label={label} className="w-40">
      <Base.Track className="block h-1 overflow-hidden rounded-full bg-line-strong">
        <Base.Indicator className="block h-full bg-accent transition-[width] duration-100" />
      </Base.Track>
    </Base.Root>
  );
}
