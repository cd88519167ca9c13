// A Document as one self-contained HTML file. Nothing of a record reaches the page unescaped, the page's own policy
// allows no script but the one it brings, and without JavaScript everything can still be read.
#include <algorithm>
#include <span>

#include "harness/core/embedded_file.hpp"
#include "harness/core/sha256.hpp"
#include "reports/compose.hpp"
#include "reports/html_figure.hpp"
#include "reports/text.hpp"

namespace hetscope {

// Made at build time from reports/assets.
std::span<const EmbeddedFile> report_asset_files();

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

class HtmlWriter {
 public:
  std::string write(const Document& document) {
    const std::string_view css = embedded_text(report_asset_files(), "reports/assets/report.css");
    const std::string_view script = embedded_text(report_asset_files(), "reports/assets/report.js");
    out_ = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    out_ += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-" +
            base64_sha256(css) + "'; script-src 'sha256-" + base64_sha256(script) + "'\">\n";
    out_ += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    out_ += "<meta name=\"color-scheme\" content=\"light dark\">\n";
    out_ += "<title>" + escape_html(document.title) + "</title>\n<style>";
    out_ += css;
    out_ += "</style>\n</head>\n<body>\n<main>\n<h1>" + escape_html(document.title) + "</h1>\n";
    for (const Block& block : document.blocks) put(block);
    out_ += "</main>\n<script>";
    out_ += script;
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
  void put(const Answer& answer) {
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
    out_ += table.is_facts ? "<div class=\"table facts\">" : "<div class=\"table\">";
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
    for (const auto& row : table.rows) {
      out_ += "<tr>";
      for (std::size_t i = 0; i < row.size(); ++i) {
        put_cell(row[i], i < table.columns.size() && table.columns[i].is_numeric);
      }
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table></div></div>\n";
  }
  void put_cell(const Cell& cell, bool is_numeric) {
    out_ += "<td";
    if (is_numeric) {
      out_ += " class=\"n\"";
    } else if (cell.text.size() > kWrapFromBytes) {
      out_ += " class=\"w\"";
    }
    if (cell.sort_value) out_ += " data-v=\"" + csv_number(*cell.sort_value) + "\"";
    out_ += ">";
    const std::string_view tone = tone_class(cell.tone);
    if (!tone.empty()) out_ += "<span class=\"tag " + std::string(tone) + "\">";
    out_ += cell.is_code ? "<code>" + escape_html(cell.text) + "</code>" : escape_html(cell.text);
    if (!tone.empty()) out_ += "</span>";
    out_ += "</td>";
  }
  void put(const Code& code) {
    out_ += "<pre tabindex=\"0\"><code>";
    for (const std::string& line : code.lines) out_ += escape_html(line) + "\n";
    out_ += "</code></pre>\n";
  }
  void put(const Plot& plot) { append_plot(plot, out_); }
  void put(const SampleChart& chart) { append_sample_chart(chart, out_); }
  void put(const Details& details) {
    out_ += "<details><summary>" + escape_html(details.summary) + "</summary>\n";
    for (const Block& block : details.blocks) put(block);
    out_ += "</details>\n";
  }

  std::string out_;
};

}  // namespace

std::string html_report(const ReportInput& input) {
  const Summary summary = summarise(input);
  return HtmlWriter().write(compose(summary, true));
}

}  // namespace hetscope
