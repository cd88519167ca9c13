// Figures of papers beside what was measured: each with its device, none in a ratio, and what does not add up in them.
#include <string>

#include "harness/core/units.hpp"
#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

std::string device_of(const Summary& summary, const Row& row) {
  const Record& record = *row.record;
  std::string text = record.device_model.empty() ? "an unnamed device" : record.device_model;
  for (const std::string& name : record.item.processors()) text += ", " + summary.runs[row.run].processor_label(name);
  return text;
}

std::string value_text(double value, const std::string& unit) {
  return format_number(value) + (unit.empty() || unit == "1" ? "" : " " + unit);
}

// A measured latency of a model that the paper has, beside each of the paper's latencies of it.
Table table_beside(const Summary& summary, const PublishedSet& set) {
  Table table;
  table.columns = {{"model"}, {"measured", true}, {"clock"}, {"on"}, {"case"}};
  for (const PublishedColumn& column : set.columns) {
    if (column.is_latency) table.columns.push_back({column.what + ", published", true});
  }
  if (table.columns.size() == 5) return table;
  for (const Row& row : summary.rows) {
    const Record& record = *row.record;
    const LatencyRecord* latency = record.latency();
    if (record.status != Status::ok || latency == nullptr || record.item.operation() != "model") continue;
    // A row of one node or phase is not the model's latency.
    if (record.item.has("node") || record.item.has("node_type") || record.item.has("phase")) continue;
    const PublishedRow* published = set.row_of_model(record.item.text_or("model", ""));
    if (published == nullptr) continue;
    std::vector<Cell> cells = {{published->name},
                               number_cell(figure_text(*latency), latency->figure_ns()),
                               {record.clock},
                               {device_of(summary, row)},
                               {row.line, {}, Tone::plain, true}};
    for (const PublishedColumn& column : set.columns) {
      if (!column.is_latency) continue;
      const auto value = published->values.find(column.name);
      cells.push_back(value == published->values.end()
                          ? Cell{std::string(kMissing)}
                          : number_cell(value_text(value->second, column.unit), value->second));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table figures_table(const PublishedSet& set) {
  Table table;
  table.columns = {{"published figure"}, {"value", true}, {"of what"}};
  for (const PublishedFigure& figure : set.figures) {
    const std::string value = figure.low == figure.high
                                  ? value_text(figure.low, figure.unit)
                                  : format_number(figure.low) + " to " + value_text(figure.high, figure.unit);
    table.rows.push_back({{figure.name}, number_cell(value, figure.low), {figure.what}});
  }
  return table;
}

Table claims_table(const PublishedSet& set) {
  Table table;
  table.columns = {{"figure of the text"}, {"printed", true}, {"from the paper's own table", true}, {"rows", true}};
  for (const PublishedClaim& claim : set.claims) {
    table.rows.push_back(
        {{claim.what},
         claim.printed ? number_cell(format_number(*claim.printed), *claim.printed) : Cell{std::string(kMissing)},
         number_cell(format_number(claim.recomputed), claim.recomputed),
         number_cell(std::to_string(claim.rows), claim.rows)});
  }
  return table;
}

}  // namespace

void compose_published(const Summary& summary, Document& document) {
  if (summary.published.empty()) return;
  document.add(Heading{2, "Published figures"});
  document.add(
      Paragraph{"Measured by others, on their devices. They stand beside what was measured here; no ratio is "
                "formed across devices.",
                Tone::warning});
  for (const PublishedSet* set : summary.published) {
    document.add(Heading{3, set->title});
    document.add(Paragraph{set->source.authors + ": " + set->source.title + ". " + set->source.venue + ", " +
                           set->source.identifier + ", " + set->source.place + ". Device: " + set->device + "; " +
                           set->setting + "."});
    if (Table beside = table_beside(summary, *set); !beside.rows.empty()) {
      document.add(std::move(beside));
    } else if (!set->rows.empty()) {
      document.add(Paragraph{"No model of this table was measured here."});
    }
    if (!set->figures.empty()) document.add(figures_table(*set));
    if (!set->claims.empty()) {
      Details details{"Figures of the text: " + count_of(set->claims.size(), "row"), {}};
      details.blocks.push_back({claims_table(*set)});
      document.add(std::move(details));
    }
    if (!set->inconsistencies.empty()) {
      document.add(Paragraph{"What does not add up in it:"});
      document.add(List{set->inconsistencies});
    }
  }
}

}  // namespace hetscope
