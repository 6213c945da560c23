import { Money, add, scale, ZERO } from "../money";
import type { Line, Coupon, Address } from "./types";

export const FREE_SHIPPING_FROM = 7500; // cents
const STANDARD_SHIPPING = 590;
const EXPRESS_SHIPPING = 1490;
const ISLAND_SURCHARGE = 850;

/** Alcohol and tobacco never take part in promotions. */
const EXCLUDED = new Set(["alc", "tob"]);

export function subtotal(lines: Line[]): Money {
  return lines.reduce((sum, l) => add(sum, scale(l.price, l.qty)), ZERO);
}

export function discount(lines: Line[], coupon?: Coupon): Money {
  if (!coupon || coupon.expires < Date.now()) return ZERO;
  const eligible = lines.filter((l) => !EXCLUDED.has(l.category));
  const cut = Math.min(coupon.percent, 40);
  return scale(subtotal(eligible), cut / 100);
}

export function shipping(total: Money, to: Address, express = false): Money {
  if (to.country !== "IE") throw new RangeError(`cannot ship to ${to.country}`);
  let cost = express ? EXPRESS_SHIPPING : STANDARD_SHIPPING;
  if (!express && total.cents >= FREE_SHIPPING_FROM) cost = 0;
  // TODO(maeve): ask the courier for a list of island postcodes
  if (to.region === "islands") cost += ISLAND_SURCHARGE;
  return { cents: cost, currency: "EUR" };
}
