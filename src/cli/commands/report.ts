import { join, relative } from 'node:path';
import { Command } from 'commander';
import { RecordsError, readSuite } from '../../report/read.js';
import { type WrittenReport, writeReport } from '../../report/write.js';
import { UsageError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { note, printJson, printText } from '../output.js';
import { noPluginsOption } from '../plugins-option.js';
import { reportDocument } from '../report-document.js';
import { recordsFolder } from '../records-folder.js';
import { type SettingsOption, settingsOption } from '../settings-option.js';
import { textTable } from '../table.js';
import { counted } from '../../words/counted.js';

interface ReportOptions extends SettingsOption {
  readonly out?: string;
  readonly experiments: string;
  readonly latex?: boolean;
  readonly json?: boolean;
}

export function reportCommand(): Command {
  return new Command('report')
    .description('write figures, tables, Markdown and an HTML page from the records of a suite, finished or not')
    .argument('<suite>', 'a suite file, or a folder of records')
    .option('--out <dir>', 'where the report goes (default: reports/<suite name>)')
    .option('--experiments <dir>', 'where the records of suite files are', 'experiments')
    .addOption(settingsOption())
    .option('--latex', 'for a paper too: report.tex with tables and figures to \\input, and every figure as PDF')
    .addOption(noPluginsOption('changes nothing: a report reads records alone and runs no plug-in in any case'))
    .option('--json', 'one JSON document on stdout')
    .addHelpText(
      'after',
      `
Examples:
  ablate report configs/suites/quickstart.yaml
  ablate report experiments/quickstart --out /tmp/report
  ablate report configs/suites/quickstart.yaml --latex`,
    )
    .action(async (suite: string, options: ReportOptions) => {
      try {
        const folder = await recordsFolder(suite, options.experiments, options.set);
        const records = readSuite(folder);
        const out = options.out ?? join('reports', records.plan.suite);
        await makeFolder(out);
        const written = await writeReport(records, out, { latex: options.latex === true });
        if (options.json) printJson(reportDocument(written, folder, out));
        else printReport(written);
      } catch (error) {
        if (error instanceof RecordsError) throw new UsageError(error.message);
        throw error;
      }
    });
}

function printReport({ report, files }: WrittenReport): void {
  for (const { level, text } of report.notices) note(`${level}: ${text}`);
  const { columns, rows } = report.tables.steps;
  printText(
    [
      textTable(columns, rows),
      '',
      ...report.summary,
      '',
      `${counted(files.length, 'file')}, the page first: ${shown(files[0] as string)}`,
    ].join('\n'),
  );
}

/** As a person would type it from here. */
const shown = (file: string): string => {
  const path = relative('.', file);
  return path.startsWith('..') ? file : path;
};
