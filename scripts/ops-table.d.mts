export function renderTable(): string;
