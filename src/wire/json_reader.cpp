// The reading half of json.hpp. A node of the input is a simdjson element, which is two words;
// arrays and objects are walked with simdjson's own iterators, which are two words as well.
#include "wire/error.hpp"
#include "wire/json.hpp"
#include "wire/json_flat.hpp"
#include "wire/json_repair.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace socketio::wire {
namespace {

using detail::cursor;
using detail::node;
using simdjson::dom::element;
using simdjson::dom::element_type;
using array_place = simdjson::dom::array::iterator;
using object_place = simdjson::dom::object::iterator;

element element_of(node at) noexcept { return std::bit_cast<element>(at); }

// Any order of members, any others beside them, and of duplicates the last: as JavaScript sees it.
struct placeholder {
  bool marked = false;  // "_placeholder": true
  double num = -1;      // NaN-free: -1 when there is no number
};

placeholder placeholder_of(const simdjson::dom::object& object) noexcept {
  placeholder found;
  for (const auto& [key, value] : object) {
    if (key == "_placeholder") {
      bool marked = false;
      found.marked = value.get(marked) == simdjson::SUCCESS && marked;
    } else if (key == "num") {
      double num = -1;
      found.num = value.get(num) == simdjson::SUCCESS ? num : -1;
    }
  }
  return found;
}

wire_errc wire_error(simdjson::error_code code) noexcept {
  return code == simdjson::DEPTH_ERROR ? wire_errc::json_too_deep : wire_errc::invalid_json;
}

}  // namespace

class json_reader::document final : public detail::input_source {
 public:
  explicit document(std::size_t depth_max) : depth_max_(std::max<std::size_t>(depth_max, 1)) {}

  result<input> parse(std::string_view text, std::span<const std::string> attachments,
                      std::size_t attachment_bytes_max);
  void keep(std::shared_ptr<const void> owner) noexcept { owner_ = std::move(owner); }
  void trim() noexcept;

  kind type(node at) const noexcept override;
  bool get(node at, bool& out) const noexcept override;
  bool get(node at, std::int64_t& out) const noexcept override;
  bool get(node at, std::uint64_t& out) const noexcept override;
  bool get(node at, double& out) const noexcept override;
  bool get_string(node at, std::string_view& out) const noexcept override;
  bool get_binary(node at, std::string_view& out) const noexcept override;
  bool open(node at, cursor& where) const noexcept override;
  bool next(cursor& where, node& found, std::string_view& key) const noexcept override;

 private:
  simdjson::error_code parse_padded(std::string_view text, element& root);
  simdjson::error_code reserve(std::size_t bytes);
  const std::string* attachment_at(node at) const noexcept;
  bool use_attachments(element value) noexcept;

  std::size_t depth_max_;
  simdjson::dom::parser parser_;
  simdjson::dom::document parsed_;
  std::unique_ptr<char[]> text_;
  std::size_t capacity_ = 0;
  std::span<const std::string> attachments_;
  std::size_t attachment_bytes_left_ = 0;  // that placeholders may still use
  wire_errc misuse_{};                     // why use_attachments() refused
  bool repaired_ = false;                  // integers beyond 64 bits became doubles
  std::shared_ptr<const void> owner_;
  json_flat flat_;
};

result<input> json_reader::document::parse(std::string_view text,
                                           std::span<const std::string> attachments,
                                           std::size_t attachment_bytes_max) {
  static_assert(sizeof(element) == sizeof(node) && std::is_trivially_copyable_v<element>);
  static_assert(sizeof(array_place) == sizeof(node) && std::is_trivially_copyable_v<array_place>);
  static_assert(sizeof(object_place) == sizeof(node) && std::is_trivially_copyable_v<object_place>);

  owner_.reset();
  attachments_ = {};
  if (attachments.empty() && flat_.parse(text)) return flat_.root();
  element root;
  auto error = parse_padded(text, root);
  repaired_ = false;
  if (error == simdjson::NUMBER_ERROR || error == simdjson::STRING_ERROR ||
      error == simdjson::UTF8_ERROR) {
    error = parse_padded(repaired_json(text), root);
    repaired_ = true;
  }
  if (error != simdjson::SUCCESS) return wire_error(error);
  attachments_ = attachments;
  attachment_bytes_left_ = attachment_bytes_max;
  if (!attachments.empty() && !use_attachments(root)) return misuse_;
  return input(this, std::bit_cast<node>(root));
}

simdjson::error_code json_reader::document::parse_padded(std::string_view text, element& root) {
  if (const auto error = reserve(text.size())) return error;
  text.copy(text_.get(), text.size());
  std::memset(text_.get() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  return parser_.parse_into_document(parsed_, text_.get(), text.size(), false).get(root);
}

// Grows by doubling, so that texts of slowly growing length do not reallocate each time.
simdjson::error_code json_reader::document::reserve(std::size_t bytes) {
  if (bytes < capacity_) return simdjson::SUCCESS;
  const std::size_t capacity = std::max<std::size_t>(std::bit_ceil(bytes + 1), 1024);
  capacity_ = 0;
  text_ = std::make_unique<char[]>(capacity + simdjson::SIMDJSON_PADDING);
  if (const auto error = parser_.allocate(capacity, depth_max_)) return error;
  if (const auto error = parsed_.allocate(capacity)) return error;
  capacity_ = capacity;
  return simdjson::SUCCESS;
}

void json_reader::document::trim() noexcept {
  constexpr std::size_t kept_max = 64 * 1024;
  owner_.reset();
  attachments_ = {};
  if (capacity_ <= kept_max) return;
  capacity_ = 0;
  text_.reset();
  parser_ = simdjson::dom::parser();
  parsed_ = simdjson::dom::document();
}

// JavaScript throws "illegal attachments" wherever a placeholder stands that has no attachment
// (PK-10). Sums up the bytes of all uses.
bool json_reader::document::use_attachments(element value) noexcept {
  simdjson::dom::array array;
  if (value.get(array) == simdjson::SUCCESS) {
    return std::all_of(array.begin(), array.end(),
                       [this](element one) { return use_attachments(one); });
  }
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return true;
  const placeholder found = placeholder_of(object);
  if (!found.marked) {
    return std::all_of(object.begin(), object.end(),
                       [this](const auto& member) { return use_attachments(member.value); });
  }
  misuse_ = wire_errc::illegal_attachments;
  if (!(found.num >= 0 && found.num < static_cast<double>(attachments_.size())) ||
      found.num != std::trunc(found.num))
    return false;
  const std::size_t bytes = attachments_[static_cast<std::size_t>(found.num)].size();
  misuse_ = wire_errc::attachments_too_big;
  if (bytes > attachment_bytes_left_) return false;
  attachment_bytes_left_ -= bytes;
  return true;
}

const std::string* json_reader::document::attachment_at(node at) const noexcept {
  if (attachments_.empty()) return nullptr;
  simdjson::dom::object object;
  if (element_of(at).get(object) != simdjson::SUCCESS) return nullptr;
  const placeholder found = placeholder_of(object);
  return found.marked ? &attachments_[static_cast<std::size_t>(found.num)] : nullptr;
}

kind json_reader::document::type(node at) const noexcept {
  switch (element_of(at).type()) {
    case element_type::ARRAY: return kind::array;
    case element_type::OBJECT: return attachment_at(at) ? kind::binary : kind::object;
    case element_type::INT64:
    case element_type::UINT64: return kind::integer;
    case element_type::DOUBLE: return kind::number;
    case element_type::STRING: return kind::string;
    case element_type::BOOL: return kind::boolean;
    case element_type::NULL_VALUE: return kind::null;
  }
  return kind::null;
}

bool json_reader::document::get(node at, bool& out) const noexcept {
  return element_of(at).get(out) == simdjson::SUCCESS;
}

bool json_reader::document::get(node at, std::int64_t& out) const noexcept {
  const element value = element_of(at);
  if (value.type() != element_type::DOUBLE) return value.get(out) == simdjson::SUCCESS;
  const double number = value.get_double().value_unsafe();
  // A repaired -2^63 may be what a smaller integer was rounded to.
  const bool low = repaired_ ? number <= -0x1p63 : number < -0x1p63;
  if (low || !(number < 0x1p63) || number != std::trunc(number)) return false;
  out = static_cast<std::int64_t>(number);
  return true;
}

bool json_reader::document::get(node at, std::uint64_t& out) const noexcept {
  const element value = element_of(at);
  if (value.type() != element_type::DOUBLE) return value.get(out) == simdjson::SUCCESS;
  const double number = value.get_double().value_unsafe();
  if (!(number >= 0 && number < 0x1p64) || number != std::trunc(number)) return false;
  out = static_cast<std::uint64_t>(number);
  return true;
}

bool json_reader::document::get(node at, double& out) const noexcept {
  return element_of(at).get(out) == simdjson::SUCCESS;
}

bool json_reader::document::get_string(node at, std::string_view& out) const noexcept {
  return element_of(at).get(out) == simdjson::SUCCESS;
}

bool json_reader::document::get_binary(node at, std::string_view& out) const noexcept {
  const std::string* bytes = attachment_at(at);
  if (!bytes) return false;
  out = *bytes;
  return true;
}

bool json_reader::document::open(node at, cursor& where) const noexcept {
  const element value = element_of(at);
  if (simdjson::dom::array array; value.get(array) == simdjson::SUCCESS) {
    where = {std::bit_cast<node>(array.begin()), std::bit_cast<node>(array.end()), false};
    return true;
  }
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS || attachment_at(at)) return false;
  where = {std::bit_cast<node>(object.begin()), std::bit_cast<node>(object.end()), true};
  return true;
}

bool json_reader::document::next(cursor& where, node& found, std::string_view& key) const noexcept {
  const auto step = [&](auto place, const auto& value) {
    found = std::bit_cast<node>(value);
    where.at = std::bit_cast<node>(++place);
    return true;
  };
  if (where.members) {
    const auto place = std::bit_cast<object_place>(where.at);
    if (!(place != std::bit_cast<object_place>(where.end))) return false;
    key = place.key();
    return step(place, place.value());
  }
  const auto place = std::bit_cast<array_place>(where.at);
  if (!(place != std::bit_cast<array_place>(where.end))) return false;
  return step(place, *place);
}

json_reader::json_reader(std::size_t depth_max)
    : document_(std::make_unique<document>(depth_max)) {}
json_reader::~json_reader() = default;

result<input> json_reader::parse(std::string_view text, std::span<const std::string> attachments,
                                 std::size_t attachment_bytes_max) {
  return document_->parse(text, attachments, attachment_bytes_max);
}

void json_reader::trim() noexcept { document_->trim(); }
void json_reader::keep(std::shared_ptr<const void> owner) noexcept {
  document_->keep(std::move(owner));
}

}  // namespace socketio::wire
