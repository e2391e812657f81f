#pragma once

namespace talkbeat {

/// What the kernel says of this process, for /metrics. A figure that cannot be read is 0.
struct ProcessFigures {
  double resident_bytes = 0;
  double open_descriptors = 0;
  double max_descriptors = 0;
  double cpu_seconds = 0;  // user and system
};

ProcessFigures read_process_figures();

/// The first of them alone, which costs next to nothing however many descriptors are open.
double resident_bytes();

}  // namespace talkbeat
