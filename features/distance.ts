/** Great-circle distance (haversine) on a sphere of 6,371 km. NaN when a coordinate is unknown. Degrees in, km out. */
export function kilometres(
  fromLatitude: number,
  fromLongitude: number,
  toLatitude: number,
  toLongitude: number,
): number {
  if (Number.isNaN(fromLatitude) || Number.isNaN(toLatitude)) return NaN;
  const radians = Math.PI / 180;
  const dLatitude = (toLatitude - fromLatitude) * radians;
  const dLongitude = (toLongitude - fromLongitude) * radians;
  const a =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(fromLatitude * radians) * Math.cos(toLatitude * radians) * Math.sin(dLongitude / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.min(1, Math.sqrt(a)));
}
