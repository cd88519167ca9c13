// The offset of a view is an index map like any other; an image's row, column and lane are three more splits of it.
#include "harness/tensor/view_access.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "harness/core/divided_up.hpp"
#include "harness/core/error.hpp"
#include "harness/tensor/index_print.hpp"

namespace hetscope {
namespace {

bool is_image(Storage storage) { return storage == Storage::image2d || storage == Storage::image_buffer; }

bool is_integer(DType dtype) { return dtype == DType::i8 || dtype == DType::i32; }

std::string upper(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

// From a view's index to where a load or store happens: an offset, or the coordinates of a texel and its lane.
IndexMap places_of(const TensorView& view, std::int64_t image_width) {
  const IndexMap offsets = view.offsets();
  if (!is_image(view.storage())) return offsets;
  std::vector<IndexMap> texels;
  for (int source = 0; source < view.storage_count(); ++source) {
    const std::int64_t count = view.storage_elements(source) / kTexelLanes;
    const std::int64_t width = view.storage() == Storage::image2d ? image_width : count;
    const Shape image{divided_up(count, width), width, kTexelLanes};
    const Shape flat{image.element_count()};
    const std::int64_t used = offsets.sources()[static_cast<std::size_t>(source)].element_count();
    texels.push_back(compose(IndexMap::slice(flat, 0, 0, used), IndexMap::reshape(image, flat)));
  }
  return compose(offsets, texels);
}

bool depends_only_on(const IndexExpression& expression, int variable) {
  if (expression.kind() == IndexKind::variable) return expression.variable_number() == variable;
  return std::ranges::all_of(expression.terms(),
                             [&](const IndexTerm& term) { return depends_only_on(term.value, variable); });
}

// An offset as base + rest.
struct RowSplit {
  IndexExpression base = IndexExpression::constant(0);  // of the first index alone
  IndexExpression rest = IndexExpression::constant(0);
};

RowSplit split_by_row(const IndexExpression& offset) {
  if (depends_only_on(offset, 0)) return {offset, IndexExpression::constant(0)};
  if (offset.kind() != IndexKind::sum) return {IndexExpression::constant(0), offset};
  std::vector<IndexTerm> base;
  std::vector<IndexTerm> rest;
  for (const IndexTerm& term : offset.terms()) {
    (depends_only_on(term.value, 0) ? base : rest).push_back(term);
  }
  return {IndexExpression::sum(offset.constant(), std::move(base)), IndexExpression::sum(0, std::move(rest))};
}

class ViewPrinter {
 public:
  ViewPrinter(const TensorView& view, const ViewCodeOptions& options)
      : view_(view), options_(options), value_(is_integer(view.dtype()) ? "int" : "float") {}

  ViewCode print() const {
    IndexMap places = places_of(view_, options_.image_width);
    if (options_.simplifies) places = places.simplified();
    const IndexNames names = names_of("_table");
    IndexMapCode code = print_opencl(places, names);
    ViewCode result{parameters(), count_operations(places), {}};
    std::string indices;
    std::int64_t constant_bytes = 0;
    if (options_.has_row_base) {
      const bool is_one_offset =
          !is_image(view_.storage()) && places.pieces().size() == 1 && places.pieces()[0].source != IndexPiece::kFill;
      const RowSplit split = is_one_offset ? split_by_row(places.pieces()[0].coordinates.back()) : RowSplit();
      const std::string type = code.type;
      const IndexCode base = print_opencl({&split.base, 1}, names_of("_row_table"));
      constant_bytes += bytes_of(base.tables, base.type);
      result.text += tables(base.tables, base.type, "_row_table") + "#define " + upper(options_.name) + "_BASE " +
                     type + "\n" + type + " base_" + options_.name + "(const int i0) {\n" + lines(base.statements) +
                     "  return " + base.expressions[0] + ";\n}\n";
      if (is_one_offset) {
        IndexCode rest = print_opencl({&split.rest, 1}, names);
        code = {rest.type, rest.statements, code.pieces, rest.tables};
        code.pieces[0].coordinates.back() = "base + " + rest.expressions[0];
        result.operations = count_operations({&split.rest, 1});
        result.operations.additions += 1;
        result.row_operations = count_operations({&split.base, 1});
      }
      indices = ", const " + type + " base";
    }
    for (int axis = 0; axis < view_.shape().rank(); ++axis) indices += fmt::format(", const int i{}", axis);
    constant_bytes += bytes_of(code.tables, code.type);
    check_constants(constant_bytes);
    result.text += tables(code.tables, code.type, "_table");
    const bool reads = options_.direction == ViewDirection::read;
    // Without `restrict`: what an inlined one becomes is unknown to Oclgrind.
    result.text += fmt::format("{} {}_{}({}{}{}) {{\n", reads ? value_ : "void", reads ? "read" : "write",
                               options_.name, parameter_list(""), indices, reads ? "" : ", const " + value_ + " value");
    result.text += lines(code.statements);
    for (const IndexMapCode::Piece& piece : code.pieces) {
      const std::string body = reads ? "return " + load(piece) : store(piece);
      result.text += piece.condition == "1" ? "  " + body + ";\n" : "  if (" + piece.condition + ") " + body + ";\n";
    }
    result.text += "}\n";
    return result;
  }

 private:
  std::string element() const {
    switch (view_.dtype()) {
      case DType::f32:
        return "float";
      case DType::f16:
        return "half";
      case DType::i8:
        return "char";
      case DType::i32:
        return "int";
    }
    return {};
  }

  std::string storage_name(int source) const { return options_.name + std::to_string(source); }

  std::string parameters() const {
    const std::string name = upper(options_.name);
    std::string arguments;
    for (int source = 0; source < view_.storage_count(); ++source) {
      arguments += (source == 0 ? "" : ", ") + storage_name(source);
    }
    return "#define " + name + "_PARAMETERS " + parameter_list("restrict ") + "\n#define " + name + "_ARGUMENTS " +
           arguments + "\n";
  }

  std::string parameter_list(const char* qualifier) const {
    std::string list;
    for (int source = 0; source < view_.storage_count(); ++source) {
      list += (source == 0 ? "" : ", ") + parameter(source, qualifier);
    }
    return list;
  }

  std::string parameter(int source, const char* qualifier) const {
    const std::string name = storage_name(source);
    if (view_.storage() == Storage::image2d) return "__read_only image2d_t " + name;
    if (view_.storage() == Storage::image_buffer) return "__read_only image1d_buffer_t " + name;
    const bool writes = options_.direction == ViewDirection::write;
    return fmt::format("__global {}{}* {}{}", writes ? "" : "const ", element(), qualifier, name);
  }

  IndexNames names_of(const std::string& table) const {
    IndexNames names;
    names.temporary = "p";
    names.table = options_.name + table;
    for (int axis = 0; axis < view_.shape().rank(); ++axis) names.variables.push_back("i" + std::to_string(axis));
    return names;
  }

  static std::string lines(const std::vector<std::string>& statements) {
    std::string text;
    for (const std::string& statement : statements) text += "  " + statement + "\n";
    return text;
  }

  using Tables = std::vector<std::shared_ptr<const IndexTable>>;

  static std::int64_t bytes_of(const Tables& tables, const std::string& type) {
    std::int64_t bytes = 0;
    for (const auto& table : tables) bytes += table->size() * (type == "long" ? 8 : 4);
    return bytes;
  }

  std::string tables(const Tables& tables, const std::string& type, const std::string& suffix) const {
    std::string text;
    for (std::size_t i = 0; i < tables.size(); ++i) {
      std::string values;
      for (const std::int64_t value : tables[i]->values())
        values += (values.empty() ? "" : ",") + std::to_string(value);
      text += fmt::format("__constant {} {}{}{}[{}] = {{{}}};\n", type, options_.name, suffix, i, tables[i]->size(),
                          values);
    }
    return text;
  }

  void check_constants(std::int64_t bytes) const {
    if (bytes <= kMaxConstantBytes) return;
    throw Error(fmt::format("the tables of a view need {} bytes of constant memory", bytes),
                "shape " + view_.shape().to_string(), fmt::format("at most {} bytes", kMaxConstantBytes));
  }

  std::string fill(double value) const {
    if (is_integer(view_.dtype())) return fmt::format("{}", static_cast<std::int64_t>(std::nearbyint(value)));
    if (std::isnan(value)) return "NAN";
    if (std::isinf(value)) return value < 0 ? "-INFINITY" : "INFINITY";
    return fmt::format("{:a}f", static_cast<float>(value));
  }

  std::string load(const IndexMapCode::Piece& piece) const {
    if (piece.source == IndexPiece::kFill) return fill(piece.fill);
    const std::string name = storage_name(piece.source);
    const std::string& last = piece.coordinates.back();
    if (!is_image(view_.storage())) {
      return view_.dtype() == DType::f16 ? fmt::format("vload_half({}, {})", last, name)
                                         : fmt::format("{}[{}]", name, last);
    }
    const std::string texel =
        view_.storage() == Storage::image2d
            ? fmt::format("(int2)((int)({}), (int)({}))", piece.coordinates[1], piece.coordinates[0])
            : fmt::format("(int)({})", piece.coordinates[1]);
    // An array of lanes, because OpenCL C has no index into a vector.
    return fmt::format("lane_of_{}({}({}, {}), {})", options_.name,
                       is_integer(view_.dtype()) ? "read_imagei" : "read_imagef", name, texel, last);
  }

  std::string store(const IndexMapCode::Piece& piece) const {
    const std::string& offset = piece.coordinates.back();
    if (view_.dtype() == DType::f16) return fmt::format("vstore_half_rte(value, {}, {})", offset, storage_name(0));
    const std::string cast = view_.dtype() == DType::i8 ? "convert_char_sat(value)" : "value";
    return fmt::format("{}[{}] = {}", storage_name(0), offset, cast);
  }

  const TensorView& view_;
  const ViewCodeOptions& options_;
  std::string value_;
};

// Chooses a component of a texel.
std::string lane_function(const std::string& name, DType dtype) {
  const std::string value = is_integer(dtype) ? "int" : "float";
  return fmt::format(
      "{0} lane_of_{1}(const {0}4 texel, const int lane) {{\n"
      "  return lane < 2 ? (lane == 0 ? texel.x : texel.y) : (lane == 2 ? texel.z : texel.w);\n}}\n",
      value, name);
}

void check(const TensorView& view, const ViewCodeOptions& options) {
  const std::string where = "view '" + options.name + "' of shape " + view.shape().to_string();
  if (view.storage() == Storage::host) throw Error("a view of host memory has no OpenCL C", where);
  const bool writes = options.direction == ViewDirection::write;
  if (writes && is_image(view.storage())) throw Error("an image is not written element by element", where);
  if (view.storage() == Storage::image2d && options.image_width < 1) throw Error("an image2d without a width", where);
  if (!writes || !view.map()) return;
  const bool has_fill = std::ranges::any_of(view.map()->pieces(),
                                            [](const IndexPiece& piece) { return piece.source == IndexPiece::kFill; });
  if (view.storage_count() != 1 || view.map()->pieces().size() != 1 || has_fill) {
    throw Error("a view that is written through has one storage and one piece", where);
  }
}

}  // namespace

ViewCode print_view_access(const TensorView& view, const ViewCodeOptions& options) {
  check(view, options);
  ViewCode code = ViewPrinter(view, options).print();
  if (is_image(view.storage())) code.text = lane_function(options.name, view.dtype()) + code.text;
  return code;
}

}  // namespace hetscope
