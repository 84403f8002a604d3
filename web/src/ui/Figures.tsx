import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { classes } from "./class";
import { Skeleton } from "./Skeleton";

export interface Figure {
  name: string;
  value: ReactNode;
  change?: { text: string; isGood: boolean | undefined } | undefined;
  beside?: string;
  /** Where what made the number is listed. */
  to?: { to: string; search: Record<string, string> };
}

/** Numbers in a row, hairlines between them; each opens what made it. */
export function Figures({ figures, isPending }: { figures: Figure[]; isPending?: boolean }) {
  return (
    <dl className="grid auto-cols-fr grid-flow-col divide-x divide-line border-line border-b max-lg:grid-flow-row max-lg:grid-cols-3 max-lg:divide-x-0 max-sm:grid-cols-2">
      {figures.map((figure) => (
        <div key={figure.name} className="relative min-w-0 py-3.5 pr-4 pl-4 first:pl-0 max-lg:pl-0">
          <dt className="truncate text-muted text-sm">
            {figure.to ? (
              <Link
                to={figure.to.to}
                search={figure.to.search as never}
                className="after:absolute after:inset-0 after:rounded hover:after:bg-text/4"
              >
                {figure.name}
              </Link>
            ) : (
              figure.name
            )}
          </dt>
          <dd className="truncate font-semibold text-xl tracking-tight">
            {isPending ? <Skeleton className="my-1.5 h-5 w-24" /> : figure.value}
          </dd>
          {(figure.change || figure.beside || isPending) && (
            <dd className="h-5 truncate">
              {figure.change && (
                <span
                  className={classes(
                    figure.change.isGood === undefined
                      ? "text-muted"
                      : figure.change.isGood
                        ? "text-good"
                        : "text-bad",
                  )}
                >
                  {figure.change.text}
                </span>
              )}{" "}
              <span className="text-muted">{figure.beside}</span>
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}
