import { useState } from "react";
import { useTranslation } from "react-i18next";
import { coloursOf, OTHERS_COLOUR } from "./colours";
import { atSteps, marks, named, stepsOf } from "./scale";
import { useWidth } from "./useWidth";

const HEIGHT = 272;
const AXIS = 44;
const DIGIT = 6.2;
const FOOT = 20;
const LABEL = 64;
const BAR_MAX = 56;

export interface Series {
  key: string;
  name: string;
}

interface StackedBarsProps {
  /** By step and key. */
  values: ReadonlyMap<number, ReadonlyMap<string, number>>;
  /** Named ones, the largest first; everything else is "others". */
  series: Series[];
  start: number;
  end: number;
  stepSeconds: number;
  label: string;
  format: (value: number) => string;
  /** A mark of the axis, where round numbers need no more digits than they have. */
  formatMark: (value: number) => string;
}

/** Amounts over time, stacked by what made them; the pointer says a step's numbers. */
export function StackedBars(props: StackedBarsProps) {
  const { values, series, start, end, stepSeconds, label, format, formatMark } = props;
  const { t } = useTranslation();
  const [element, width] = useWidth();
  const [pointed, setPointed] = useState<number>();
  const steps = stepsOf(start, end, stepSeconds);
  const colours = coloursOf(series.map((one) => one.key));
  const stacks = atSteps(values, steps, stepSeconds).map((step) => stackOf(step, series, t("dash.others")));
  const largest = Math.max(0, ...stacks.map((stack) => stack.reduce((sum, part) => sum + part.value, 0)));
  const isSome = largest > 0;
  const scale = marks(largest);
  const top = scale.at(-1) ?? 1;
  const axis = Math.max(AXIS, 10 + DIGIT * Math.max(...scale.map((mark) => formatMark(mark).length)));
  const plot = Math.max(0, width - axis);
  const slot = plot / Math.max(1, steps.length);
  const bar = Math.max(1, Math.min(BAR_MAX, slot - Math.min(6, slot * 0.2)));
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const every = named(steps.length, plot, LABEL);
  const shown = pointed === undefined ? undefined : stacks[pointed];
  return (
    <div ref={element} className="relative" style={{ height: HEIGHT + FOOT + 8 }}>
      {width > 0 && (
        <svg width={width} height={HEIGHT + FOOT + 8} role="img" aria-label={label} className="block">
          <g transform="translate(0 8)">
            {scale.map((mark) => (
              <g key={mark}>
                <line x1={0} x2={plot} y1={y(mark)} y2={y(mark)} stroke="var(--line)" />
                <text x={plot + 6} y={y(mark) + 4} fontSize={11} fill="var(--muted)">
                  {(mark === 0 || isSome) && formatMark(mark)}
                </text>
              </g>
            ))}
            {stacks.map((stack, place) => {
              let base = 0;
              return (
                <g key={steps[place]} opacity={pointed === undefined || pointed === place ? 1 : 0.55}>
                  {stack.map((part) => {
                    const from = y(base);
                    base += part.value;
                    const height = Math.max(0, from - y(base) - 1);
                    return (
                      <rect
                        key={part.key}
                        x={place * slot + (slot - bar) / 2}
                        y={y(base)}
                        width={bar}
                        height={height}
                        rx={1}
                        fill={colours.get(part.key) ?? OTHERS_COLOUR}
                      />
                    );
                  })}
                </g>
              );
            })}
            {steps.map(
              (at, place) =>
                place % every === 0 && (
                  <text key={at} x={place * slot} y={HEIGHT + 16} fontSize={11} fill="var(--muted)">
                    {stepName(at, stepSeconds)}
                  </text>
                ),
            )}
            <rect
              width={plot}
              height={HEIGHT}
              fill="transparent"
              onPointerMove={(event) => {
                const left = event.currentTarget.getBoundingClientRect().left;
                setPointed(
                  Math.min(steps.length - 1, Math.max(0, Math.floor((event.clientX - left) / slot))),
                );
              }}
              onPointerLeave={() => setPointed(undefined)}
            />
          </g>
        </svg>
      )}
      {pointed !== undefined && shown && (
        <div
          className="pointer-events-none absolute top-2 z-10 w-56 rounded-lg border border-line-strong bg-raise p-2.5 shadow-pop"
          style={{ left: Math.min(Math.max(0, pointed * slot + slot + 8), Math.max(0, width - 232)) }}
        >
          <p className="mb-1 text-muted text-sm">{stepName(steps[pointed] ?? 0, stepSeconds, true)}</p>
          {shown.toReversed().map((part) => (
            <p key={part.key} className="flex items-center gap-2">
              <i
                aria-hidden
                className="size-2 shrink-0 rounded-sm"
                style={{ background: colours.get(part.key) ?? OTHERS_COLOUR }}
              />
              <span className="min-w-0 flex-1 truncate">{part.name}</span>
              <span>{format(part.value)}</span>
            </p>
          ))}
          <p className="mt-1 flex justify-end border-line border-t pt-1 font-medium">
            {format(shown.reduce((sum, part) => sum + part.value, 0))}
          </p>
        </div>
      )}
    </div>
  );
}

interface Part {
  key: string;
  name: string;
  value: number;
}

function stackOf(step: ReadonlyMap<string, number>, series: Series[], others: string): Part[] {
  const parts = series.map(({ key, name }) => ({ key, name, value: step.get(key) ?? 0 }));
  const named = new Set(series.map((one) => one.key));
  const rest = [...step].reduce((sum, [key, value]) => (named.has(key) ? sum : sum + value), 0);
  return [...parts, { key: "", name: others, value: rest }].filter((part) => part.value > 0);
}

function stepName(at: number, stepSeconds: number, isFull = false): string {
  const date = new Date(at * 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = `${two(date.getHours())}:00`;
  if (stepSeconds >= 86_400) return day;
  return isFull || date.getHours() === 0 ? `${day} ${time}` : time;
}
