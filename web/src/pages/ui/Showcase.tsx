export function Showcase() {
  return <div />;
}
