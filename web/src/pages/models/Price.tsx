import { priceMoney } from "@/format/money";
import { useMoneyStyle } from "@/session";

interface PriceProps {
  of: Record<string, number>;
  unit: string;
  factor: number;
}

/** What a group pays for a unit of a model: of a million where the unit is small. */
export function Price({ of, unit, factor }: PriceProps) {
  const style = useMoneyStyle();
  const quota = of[unit];
  if (quota === undefined) return <span className="text-muted">–</span>;
  return <>{priceMoney(quota * factor, style)}</>;
}
