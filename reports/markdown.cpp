// Markdown, block by block; every text is escaped.
#include "reports/markdown.hpp"

#include <algorithm>

#include "reports/compose.hpp"
#include "reports/text.hpp"

namespace hetscope {
namespace {

class MarkdownWriter {
 public:
  std::string write(const Document& document) {
    out_ = "# " + escape_markdown(document.title) + "\n\n";
    for (const Block& block : document.blocks) put(block);
    return std::move(out_);
  }

 private:
  void put(const Block& block) {
    std::visit([this](const auto& content) { put(content); }, block.content);
  }
  void put(const Heading& heading) {
    out_ += std::string(static_cast<std::size_t>(std::clamp(heading.level, 2, 6)), '#') + " " +
            escape_markdown(heading.text) + "\n\n";
  }
  void put(const Paragraph& paragraph) {
    out_ += (paragraph.tone == Tone::warning ? "> **Note:** " : "") + escape_markdown(paragraph.text) + "\n\n";
  }
  void put(const Banner& answer) {
    out_ += "**" + escape_markdown(answer.verdict) + "**: " + escape_markdown(answer.question) + "\n\n";
    if (!answer.reason.empty()) out_ += "Because " + escape_markdown(answer.reason) + ".\n\n";
  }
  void put(const List& list) {
    for (const std::string& item : list.items) {
      out_ += "- " + (list.is_code ? markdown_code(item) : escape_markdown(item)) + "\n";
    }
    out_ += "\n";
  }
  void put(const Table& table) {
    out_ += "|";
    for (const Column& column : table.columns) out_ += " " + escape_markdown(column.title) + " |";
    out_ += "\n|";
    for (const Column& column : table.columns) out_ += column.is_numeric ? " ---: |" : " --- |";
    out_ += "\n";
    for (const auto& row : table.rows) {
      out_ += "|";
      for (std::size_t i = 0; i < row.size(); ++i) {
        const Cell& cell = row[i];
        const bool is_strong = cell.tone == Tone::good || cell.tone == Tone::bad;
        const bool is_case = i < table.columns.size() && table.columns[i].is_case;
        const std::string shown = is_case ? run_command(cell.text) : cell.text;
        const std::string text = cell.is_code ? markdown_code(shown) : escape_markdown(shown);
        out_ += " " + (is_strong && !text.empty() ? "**" + text + "**" : text) + " |";
      }
      out_ += "\n";
    }
    out_ += "\n";
  }
  // A fence longer than any run of backticks in the lines, so that no line can end the block.
  void put(const Code& code) {
    std::size_t longest = 2;
    for (const std::string& line : code.lines) {
      std::size_t run = 0;
      for (char c : line) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
      }
    }
    const std::string fence(longest + 1, '`');
    out_ += fence + "sh\n";
    for (const std::string& line : code.lines) out_ += line + "\n";
    out_ += fence + "\n\n";
  }
  void put(const Plot&) {}
  void put(const SampleChart&) {}
  void put(const RoofChart&) {}
  void put(const LineChart&) {}
  void put(const StageChart&) {}
  void put(const HeatChart&) {}
  void put(const Sheet& sheet) {
    for (const Block& block : sheet.blocks) put(block);
  }
  void put(const Details& details) {
    out_ += "<details><summary>" + escape_html(details.summary) + "</summary>\n\n";
    for (const Block& block : details.blocks) put(block);
    out_ += "</details>\n\n";
  }

  std::string out_;
};

}  // namespace

std::string markdown_text(const Document& document) { return MarkdownWriter().write(document); }

std::string markdown_report(const ReportInput& input) {
  const Summary summary = summarise(input);
  return markdown_text(compose(input, summary, false));
}

}  // namespace hetscope
