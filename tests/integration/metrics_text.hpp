// A strict reader of Prometheus' text format, version 0.0.4: whatever does not fit throws. Every
// series has its HELP and TYPE before its values, once; histograms are complete and add up.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::test {

struct metric {
  std::string type, help;
  std::map<std::string, double> values;  // by suffix and labels: "", "{a=\"b\"}", "_sum"
};

class metrics_text {
 public:
  explicit metrics_text(const std::string& text) {
    if (text.empty() || text.back() != '\n') throw std::runtime_error("does not end with a line");
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) read(line);
    for (const auto& [name, one] : all) {
      if (one.values.empty() && name != "socketio_closes_total") fail("no value of " + name);
      if (one.type == "histogram") check_histogram(name, one);
      if ((one.type == "counter") != name.ends_with("_total")) fail("the name of " + name);
    }
  }

  // The value of "name" or "name{label="value"}"; throws when there is none.
  double operator[](const std::string& series) const {
    std::size_t end = std::min(series.find('{'), series.size());
    auto found = all.find(series.substr(0, end));
    if (found == all.end()) {  // a part of a histogram
      end = series.rfind('_', end);
      found = all.find(series.substr(0, end));
    }
    if (found == all.end()) fail("no series " + series);
    const auto value = found->second.values.find(series.substr(end));
    if (value == found->second.values.end()) fail("no value " + series);
    return value->second;
  }
  double sum(const std::string& name) const {
    double all_of_it = 0;
    for (const auto& [labels, value] : all.at(name).values) all_of_it += value;
    return all_of_it;
  }

  std::map<std::string, metric> all;

 private:
  [[noreturn]] static void fail(const std::string& what) { throw std::runtime_error(what); }

  void read(const std::string& line) {
    static const std::regex help(R"(# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*))");
    static const std::regex type(R"(# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram))");
    static const std::regex value(
        R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")re"
        R"re((?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+))re");
    std::smatch parts;
    if (std::regex_match(line, parts, help)) {
      current_ = parts[1];
      if (!all.emplace(current_, metric{{}, parts[2], {}}).second) fail("twice: " + line);
    } else if (std::regex_match(line, parts, type)) {
      if (parts[1] != current_ || !all[current_].type.empty()) fail("out of place: " + line);
      all[current_].type = parts[2];
    } else if (std::regex_match(line, parts, value)) {
      const std::string name = parts[1];
      metric& of = all[current_];
      if (!name.starts_with(current_) || of.type.empty()) fail("out of place: " + line);
      const std::string suffix = name.substr(current_.size());
      const bool fits = of.type == "histogram"
                            ? suffix == "_bucket" || suffix == "_sum" || suffix == "_count"
                            : suffix.empty();
      if (!fits) fail("suffix: " + line);
      const std::string number = parts[3];
      char* end = nullptr;
      const double parsed = number == "+Inf" ? HUGE_VAL : std::strtod(number.c_str(), &end);
      if (end && *end) fail("number: " + line);
      if (!of.values.emplace(suffix + parts[2].str(), parsed).second) fail("twice: " + line);
    } else {
      fail("no line of the format: " + line);
    }
  }

  // Per set of labels: buckets in rising order, the last one +Inf and equal to the count.
  static void check_histogram(const std::string& name, const metric& of) {
    std::map<std::string, std::map<double, double>> buckets;
    static const std::regex bound(R"re((.*?),?le="([^"]+)"\})re");
    std::map<std::string, double> counts;
    for (const auto& [labels, value] : of.values) {
      std::smatch parts;
      if (labels.starts_with("_count")) counts[labels.substr(6)] = value;
      if (!labels.starts_with("_bucket")) continue;
      const std::string rest = labels.substr(7);
      if (!std::regex_match(rest, parts, bound)) fail("bucket of " + name);
      std::string others = parts[1].str() == "{" ? "" : parts[1].str() + "}";
      buckets[others]
             [parts[2] == "+Inf" ? HUGE_VAL : std::strtod(parts[2].str().c_str(), nullptr)] = value;
    }
    if (buckets.empty() || buckets.size() != counts.size()) fail("histogram " + name);
    for (const auto& [labels, list] : buckets) {
      double before = 0;
      for (const auto& [limit, count] : list) {
        if (count < before) fail("a histogram that falls: " + name);
        before = count;
      }
      if (list.rbegin()->first != HUGE_VAL || list.rbegin()->second != counts.at(labels) ||
          !of.values.count("_sum" + labels))
        fail("an incomplete histogram: " + name + labels);
    }
  }

  std::string current_;
};

}  // namespace socketio::test
