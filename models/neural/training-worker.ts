/** The thread on which a net is trained: started by training.ts with one request, answers once and ends. */
import { workerData } from 'node:worker_threads';
import { train, type TrainingRequest } from './train.js';
import { answerTraining } from './training-thread.js';

await answerTraining((onProgress) => train(workerData as TrainingRequest, onProgress));
