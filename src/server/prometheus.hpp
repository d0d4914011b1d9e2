// Writes series in Prometheus' text format, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). Tested by
// tests/unit/server/prometheus_test.cpp.
#pragma once

#include "base/histogram.hpp"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace socketio {

class prometheus_text {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  // What follows belongs to this series: its values come one after the other.
  void counter(std::string_view name, std::string_view help) { begin(name, help, "counter"); }
  void gauge(std::string_view name, std::string_view help) { begin(name, help, "gauge"); }
  void histogram(std::string_view name, std::string_view help) { begin(name, help, "histogram"); }

  void add(std::uint64_t number, labels with = {});
  void add(double number, labels with = {});
  void add(const time_histogram& times, labels with = {});

  // The same for a series with one value.
  void counter(std::string_view name, std::string_view help, std::uint64_t number) {
    counter(name, help);
    add(number);
  }
  void gauge(std::string_view name, std::string_view help, std::uint64_t number) {
    gauge(name, help);
    add(number);
  }

  std::string take() { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view type);
  void line(std::string_view suffix, labels with, std::string_view bound, std::string_view number);

  std::string text_;
  std::string name_;
};

// A number as the format wants it, with as few digits as say it.
std::string prometheus_number(double number);

}  // namespace socketio
