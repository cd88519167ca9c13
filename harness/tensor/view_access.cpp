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

class ViewPrinter {
 public:
  ViewPrinter(const TensorView& view, const ViewCodeOptions& options)
      : view_(view), options_(options), value_(is_integer(view.dtype()) ? "int" : "float") {}

  ViewCode print() const {
    IndexMap places = places_of(view_, options_.image_width);
    if (options_.simplifies) places = places.simplified();
    IndexNames names;
    names.temporary = "p";
    names.table = options_.name + "_table";
    std::string indices;
    for (int axis = 0; axis < view_.shape().rank(); ++axis) {
      names.variables.push_back("i" + std::to_string(axis));
      indices += fmt::format(", const int i{}", axis);
    }
    const IndexMapCode code = print_opencl(places, names);
    std::string text = parameters() + tables(code);
    const bool reads = options_.direction == ViewDirection::read;
    // Without `restrict`: what an inlined one becomes is unknown to Oclgrind.
    text += fmt::format("{} {}_{}({}{}{}) {{\n", reads ? value_ : "void", reads ? "read" : "write", options_.name,
                        parameter_list(""), indices, reads ? "" : ", const " + value_ + " value");
    for (const std::string& statement : code.statements) text += "  " + statement + "\n";
    for (const IndexMapCode::Piece& piece : code.pieces) {
      const std::string body = reads ? "return " + load(piece) : store(piece);
      text += piece.condition == "1" ? "  " + body + ";\n" : "  if (" + piece.condition + ") " + body + ";\n";
    }
    return {text + "}\n", count_operations(places)};
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

  std::string tables(const IndexMapCode& code) const {
    std::string text;
    for (std::size_t i = 0; i < code.tables.size(); ++i) {
      std::string values;
      for (const std::int64_t value : code.tables[i]->values()) {
        values += (values.empty() ? "" : ",") + std::to_string(value);
      }
      text += fmt::format("__constant {} {}_table{}[{}] = {{{}}};\n", code.type, options_.name, i,
                          code.tables[i]->size(), values);
    }
    std::int64_t bytes = 0;
    for (const auto& table : code.tables) bytes += table->size() * (code.type == "long" ? 8 : 4);
    if (bytes > kMaxConstantBytes) {
      throw Error(fmt::format("the tables of a view need {} bytes of constant memory", bytes),
                  "shape " + view_.shape().to_string(), fmt::format("at most {} bytes", kMaxConstantBytes));
    }
    return text;
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
