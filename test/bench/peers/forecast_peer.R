# Automatic ETS and Theta of the R package forecast as contenders. One series a line of standard input: season, horizon and the
# values with spaces between; a line of seconds and one of forecasts a series for each method on standard output.

suppressPackageStartupMessages(library(forecast))

lines <- lapply(strsplit(readLines(file("stdin")), " "), as.numeric)
methods <- list(
  ets = function(y, h) forecast(ets(y), h = h)$mean,
  theta = function(y, h) thetaf(y, h = h)$mean
)
for (name in names(methods)) {
  started <- proc.time()[["elapsed"]]
  paths <- lapply(lines, function(line) {
    y <- ts(line[-(1:2)], frequency = line[1])
    as.numeric(suppressWarnings(methods[[name]](y, line[2])))
  })
  cat("seconds", name, proc.time()[["elapsed"]] - started, "\n")
  for (path in paths) cat("path", name, format(path, digits = 15), "\n")
}
