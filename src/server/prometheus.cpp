#include "server/prometheus.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace socketio {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out += out.empty() ? "{" : ",";
  out.append(name) += "=\"";
  append_escaped(out, value);
  out += '"';
}

}  // namespace

std::string prometheus_number(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

void prometheus_text::begin(std::string_view name, std::string_view help, std::string_view type) {
  name_ = name;
  text_.append("# HELP ").append(name) += ' ';
  text_.append(help).append("\n# TYPE ").append(name) += ' ';
  text_.append(type) += '\n';
}

void prometheus_text::line(std::string_view suffix, labels with, std::string_view bound,
                           std::string_view number) {
  std::string all;
  for (const auto& [name, value] : with) append_label(all, name, value);
  if (!bound.empty()) append_label(all, "le", bound);
  text_.append(name_).append(suffix).append(all);
  if (!all.empty()) text_ += '}';
  text_ += ' ';
  text_.append(number) += '\n';
}

void prometheus_text::add(std::uint64_t number, labels with) {
  line({}, with, {}, std::to_string(number));
}
void prometheus_text::add(double number, labels with) {
  line({}, with, {}, prometheus_number(number));
}

// Buckets are cumulative. The shard may count on meanwhile: what the last bucket says is the count.
void prometheus_text::add(const time_histogram& times, labels with) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < time_histogram::buckets; i++) {
    count += times.count(i);
    const bool last = i == time_histogram::bounds_us.size();
    const std::string bound =
        last ? "+Inf" : prometheus_number(static_cast<double>(time_histogram::bounds_us[i]) / 1e6);
    line("_bucket", with, bound, std::to_string(count));
  }
  line("_sum", with, {}, prometheus_number(static_cast<double>(times.sum_ns()) / 1e9));
  line("_count", with, {}, std::to_string(count));
}

}  // namespace socketio
