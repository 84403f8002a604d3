export function Page() {
  return <div className="p-4" />;
}
