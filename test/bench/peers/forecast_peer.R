# Automatic ETS and Theta of the R package forecast as contenders. One series a line of standard input: season, horizon and the
# values with spaces between; a line of seconds and one of forecasts a series for each method on standard output. Seconds are the
# median of three runs where one is short.

suppressPackageStartupMessages(library(forecast))

lines <- lapply(strsplit(readLines(file("stdin")), " "), as.numeric)
methods <- list(
  ets = function(y, h) forecast(ets(y), h = h)$mean,
  theta = function(y, h) thetaf(y, h = h)$mean
)
short <- 4 # seconds
for (name in names(methods)) {
  run <- function() {
    started <- proc.time()[["elapsed"]]
    paths <- lapply(lines, function(line) {
      y <- ts(line[-(1:2)], frequency = line[1])
      as.numeric(suppressWarnings(methods[[name]](y, line[2])))
    })
    list(seconds = proc.time()[["elapsed"]] - started, paths = paths)
  }
  first <- run()
  seconds <- first$seconds
  if (seconds < short) seconds <- median(c(seconds, run()$seconds, run()$seconds))
  cat("seconds", name, seconds, "\n")
  for (path in first$paths) cat("path", name, format(path, digits = 15), "\n")
}
