// A Document as one self-contained HTML file. Nothing of a record reaches the page unescaped, the page's own policy
// allows no script but the one it brings, and without JavaScript everything can still be read.
#include <algorithm>
#include <cmath>
#include <span>

#include "harness/core/embedded_file.hpp"
#include "harness/core/error.hpp"
#include "harness/core/sha256.hpp"
#include "reports/chart_spec.hpp"
#include "reports/compose.hpp"
#include "reports/html_figure.hpp"
#include "reports/html_table.hpp"
#include "reports/text.hpp"

namespace hetscope {

// Made at build time: from reports/assets, and from what scripts/fetch_charts.sh brought (each library followed by its
// licence), if it did.
std::span<const EmbeddedFile> report_asset_files();
std::span<const EmbeddedFile> chart_library_files();

namespace {

constexpr std::size_t kFilterFromRows = 8;
// Longer tables scroll inside a box of their own, under their head.
constexpr std::size_t kBoxFromRows = 40;
// Longer cells wrap.
constexpr std::size_t kWrapFromBytes = 36;

std::string_view tone_class(Tone tone) {
  switch (tone) {
    case Tone::good:
      return "good";
    case Tone::bad:
      return "bad";
    case Tone::neutral:
      return "neutral";
    case Tone::warning:
      return "warning";
    case Tone::plain:
      break;
  }
  return "";
}

int hex_value(char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; }

// SHA-256 of `text` in base64, as a content security policy wants it.
std::string base64_sha256(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Sha256 hash;
  hash.update(text);
  const std::string hex = hash.finish_hex();
  std::string result;
  unsigned bits = 0;
  int held = 0;
  for (char digit : hex) {
    bits = (bits << 4) | static_cast<unsigned>(hex_value(digit));
    held += 4;
    if (held >= 6) {
      held -= 6;
      result += kAlphabet[(bits >> held) & 63];
    }
  }
  if (held > 0) result += kAlphabet[(bits << (6 - held)) & 63];
  while (result.size() % 4 != 0) result += '=';
  return result;
}

// Text between <script> and its end: nothing in it may end it.
std::string_view checked_script(std::string_view script) {
  for (const std::string_view bad : {"</script", "<!--"}) {
    if (script.find(bad) != std::string_view::npos)
      throw Error("a script of the report holds '" + std::string(bad) + "'");
  }
  return script;
}

class HtmlWriter {
 public:
  explicit HtmlWriter(Charts charts) : charts_(charts) {}

  std::string write(const Document& document) {
    const std::string_view css = embedded_text(report_asset_files(), "reports/assets/report.css");
    const std::string_view script = embedded_text(report_asset_files(), "reports/assets/report.js");
    for (const Block& block : document.blocks) put(block);
    const bool has_charts = !specs_.empty();
    if (has_charts) put_licences();
    const std::string body = std::move(out_);
    out_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    out_ +=
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'sha256-" +
        base64_sha256(css) + "'; script-src 'sha256-" + base64_sha256(script) + "'";
    for (std::size_t i = 0; has_charts && i < chart_library_files().size(); i += 2) {
      out_ += " 'sha256-" + base64_sha256(chart_library_files()[i].text) + "'";
    }
    out_ += "\">\n";
    out_ += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out_ += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    out_ += "<title>" + escape_html(document.title) + "</title>\n<style>";
    out_ += css;
    out_ += "</style>\n</head>\n<body>\n<main>\n<h1>" + escape_html(document.title) + "</h1>\n";
    out_ += body;
    out_ += "</main>\n";
    if (!long_tables_.empty()) put_data("rows", long_tables_.json());
    if (has_charts) put_charts();
    out_ += "<script>";
    out_ += checked_script(script);
    out_ += "</script>\n</body>\n</html>\n";
    return std::move(out_);
  }

 private:
  void put(const Block& block) {
    std::visit([this](const auto& content) { put(content); }, block.content);
  }
  void put(const Heading& heading) {
    const std::string tag = "h" + std::to_string(std::clamp(heading.level, 2, 6));
    out_ += "<" + tag + ">" + escape_html(heading.text) + "</" + tag + ">\n";
  }
  void put(const Paragraph& paragraph) {
    out_ += paragraph.tone == Tone::warning ? "<p class=\"note\">" : "<p>";
    out_ += escape_html(paragraph.text) + "</p>\n";
  }
  void put(const Banner& answer) {
    out_ += "<div class=\"answer " + std::string(tone_class(answer.tone)) + "\"><strong>" +
            escape_html(answer.verdict) + "</strong><p>" + escape_html(answer.question) + "</p>";
    if (!answer.reason.empty()) out_ += "<p class=\"why\">Because " + escape_html(answer.reason) + ".</p>";
    out_ += "</div>\n";
  }
  void put(const List& list) {
    out_ += "<ul>\n";
    for (const std::string& item : list.items) {
      out_ +=
          list.is_code ? "<li><code>" + escape_html(item) + "</code></li>\n" : "<li>" + escape_html(item) + "</li>\n";
    }
    out_ += "</ul>\n";
  }
  void put(const Table& table) {
    const bool is_long = table.rows.size() > LongTables::kFromRows && !table.is_facts;
    out_ += table.is_facts ? "<div class=\"table facts\">" : "<div class=\"table\"";
    if (is_long) out_ += " data-rows=\"" + std::to_string(long_tables_.add(table)) + "\"";
    if (!table.is_facts) out_ += ">";
    if (table.rows.size() >= kFilterFromRows && !table.is_facts) {
      out_ +=
          "<p class=\"filter\" hidden><label>Filter <input type=\"search\" autocomplete=\"off\"></label> "
          "<output></output></p>";
    }
    out_ += table.rows.size() >= kBoxFromRows ? "<div class=\"scroll box\"" : "<div class=\"scroll\"";
    out_ += " tabindex=\"0\" role=\"group\" aria-label=\"table\"><table>";
    out_ += "<thead><tr>";
    for (const Column& column : table.columns) {
      out_ += column.is_numeric ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">";
      out_ += escape_html(column.title) + "</th>";
    }
    out_ += "</tr></thead>\n<tbody>\n";
    const std::size_t shown = is_long ? LongTables::kStaticRows : table.rows.size();
    for (std::size_t number = 0; number < shown; ++number) {
      const auto& row = table.rows[number];
      out_ += "<tr>";
      for (std::size_t i = 0; i < row.size(); ++i) put_cell(row[i], table.columns.at(i));
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table></div>";
    if (is_long) {
      out_ += "<noscript><p>" + count_of(table.rows.size() - shown, "more row") +
              " can be seen with JavaScript, or in the CSV report.</p></noscript>";
    }
    out_ += "</div>\n";
  }
  void put_cell(const Cell& cell, const Column& column) {
    out_ += "<td";
    const std::string text = column.is_case ? run_command(cell.text) : cell.text;
    if (column.is_numeric) {
      out_ += " class=\"n\"";
    } else if (text.size() > kWrapFromBytes) {
      out_ += " class=\"w\"";
    }
    if (cell.sort_value) out_ += " data-v=\"" + csv_number(*cell.sort_value) + "\"";
    out_ += ">";
    const std::string_view tone = tone_class(cell.tone);
    if (!tone.empty()) out_ += "<span class=\"tag " + std::string(tone) + "\">";
    out_ += cell.is_code ? "<code>" + escape_html(text) + "</code>" : escape_html(text);
    if (!tone.empty()) out_ += "</span>";
    out_ += "</td>";
  }
  void put(const Code& code) {
    out_ += "<pre tabindex=\"0\"><code>";
    for (const std::string& line : code.lines) out_ += escape_html(line) + "\n";
    out_ += "</code></pre>\n";
  }
  void put(const Plot& plot) {
    if (charts_ == Charts::plain) return append_plot(plot, out_);
    put_chart(plot.title, {chart_spec(plot)});
  }
  void put(const SampleChart& chart) {
    if (charts_ == Charts::plain) return append_sample_chart(chart, out_);
    const bool can_draw = std::any_of(chart.per_iteration_ns.begin(), chart.per_iteration_ns.end(),
                                      [](double value) { return std::isfinite(value); });
    if (can_draw) put_chart(chart.label + " (outliers on the edge)", {strip_spec(chart), histogram_spec(chart)});
  }
  void put(const RoofChart& chart) { put_chart(chart.title, {chart_spec(chart)}); }
  void put(const LineChart& chart) { put_chart(chart.title, {chart_spec(chart)}); }
  void put(const StageChart& chart) { put_chart(chart.title, {chart_spec(chart)}); }
  void put(const HeatChart& chart) { put_chart(chart.title, {chart_spec(chart)}); }
  // Figures of one caption side by side. Without the library there is nothing to draw them with; the tables hold the
  // numbers, and the top of the page says so.
  void put_chart(const std::string& title, std::vector<std::string> specs) {
    if (charts_ == Charts::plain) return;
    out_ += "<figure class=\"chart" + std::string(specs.size() > 1 ? " pair" : "") + "\"><figcaption>" +
            escape_html(title) + "</figcaption>";
    for (std::string& spec : specs) {
      out_ += "<div class=\"drawing\" data-chart=\"" + std::to_string(specs_.size()) + "\"></div>";
      specs_.push_back(std::move(spec));
    }
    out_ += "</figure>\n";
  }
  void put(const Sheet& sheet) {
    out_ += "<section class=\"sheet\">\n";
    for (const Block& block : sheet.blocks) put(block);
    out_ += "</section>\n";
  }
  void put(const Details& details) {
    out_ += "<details><summary>" + escape_html(details.summary) + "</summary>\n";
    for (const Block& block : details.blocks) put(block);
    out_ += "</details>\n";
  }

  void put_licences() {
    Details details{"Licences of what draws the charts", {}};
    for (std::size_t i = 0; i + 1 < chart_library_files().size(); i += 2) {
      details.blocks.push_back({Paragraph{std::string(chart_library_files()[i].path)}});
      Code code;
      std::string_view text = chart_library_files()[i + 1].text;
      while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        code.lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
      }
      details.blocks.push_back({std::move(code)});
    }
    put(details);
  }
  void put_data(std::string_view id, const std::string& text) {
    out_ += "<script type=\"application/json\" id=\"" + std::string(id) + "\">" + text + "</script>\n";
  }
  void put_charts() {
    std::string list = "[";
    for (std::size_t i = 0; i < specs_.size(); ++i) list += (i == 0 ? "" : ",\n") + specs_[i];
    put_data("charts", json_inside_script(list + "]"));
    for (std::size_t i = 0; i + 1 < chart_library_files().size(); i += 2) {
      out_ += "<script>";
      out_ += checked_script(chart_library_files()[i].text);
      out_ += "</script>\n";
    }
  }

  Charts charts_;
  std::string out_;
  std::vector<std::string> specs_;
  LongTables long_tables_;
};

}  // namespace

Charts available_charts() { return chart_library_files().empty() ? Charts::plain : Charts::vega_lite; }

std::string html_report(const ReportInput& input, Charts charts) {
  if (charts == Charts::vega_lite && available_charts() == Charts::plain) {
    throw Error("this program was built without Vega-Lite", "charts of the HTML report",
                "run scripts/fetch_charts.sh and build");
  }
  const Summary summary = summarise(input);
  return HtmlWriter(charts).write(compose(input, summary, true, charts));
}

}  // namespace hetscope
